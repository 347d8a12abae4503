//! The straight line of a job: headers and variables → secrets → validation → send → result → error expression → outcome.

use crate::{FifoDeduplication, aws_error, check_limits, outbound::Inner, turns::Turn};
use connector_binding::{
    AttributeContent, BindingError, Content, ErrorMapping, Failure, Headers, JavaDuration, Json,
    OutboundRequest, Outcome, QueueType, RequestCredentials, ResultMapping, read_variables,
};
use connector_core::{ErrorKind, Job, JobLease};
use connector_secrets::{FilterMode, Leaves, NameFilter, Redactor, SecretScope};
use serde_json::{Map, Value};
use sqs_transport::{
    AttributePayload, AttributeValue, Connection, Credentials, OutgoingMessage, SentMessage, TransportError,
};
use std::time::Duration;
use tokio::time::Instant;

/// Why there is nothing to complete the job with.
enum Stop {
    /// The job failed.
    Failed(Failure),
    /// The job's time is up, or the sender has stopped: no command may or need be sent.
    Abandoned,
}

impl<F: Into<Failure>> From<F> for Stop {
    fn from(failure: F) -> Self {
        Self::Failed(failure.into())
    }
}

/// A message that was sent, and what it gave.
struct Done {
    outcome: Outcome,
    /// What the error expression sees, if there is one.
    content: Option<Content>,
}

/// What a job gathers on its way.
struct Work<'a> {
    outbound: &'a Inner,
    job: &'a Job,
    lease: JobLease,
    redactor: Redactor,
    backoff: Option<JavaDuration>,
    /// Its place in the order of its group, until its message is in line.
    turn: Option<Turn>,
}

/// The one command for a job, and until when it may be sent; `None` when none may be.
pub(crate) async fn outcome(outbound: &Inner, job: &Job, turn: Option<Turn>) -> Option<(Outcome, JobLease)> {
    let redactor = Redactor::default();
    let mut work = Work { outbound, job, lease: job.lease, redactor, backoff: None, turn };
    let outcome = match work.prepare() {
        Ok((headers, errors)) => match work.send_and_map(&headers, &errors).await {
            Ok(done) => work.conclude(&errors, done),
            Err(Stop::Failed(failure)) => work.recover(&errors, failure),
            Err(Stop::Abandoned) => return None,
        },
        Err(failure) => work.fail(failure),
    };
    Some((outcome, work.lease))
}

impl Work<'_> {
    /// Headers, and the error expression, without which no failure may be judged.
    fn prepare(&self) -> Result<(Headers, ErrorMapping), Failure> {
        let headers = Headers::parse(&self.job.custom_headers)?;
        let errors = ErrorMapping::compile(&headers, &self.outbound.feel)?;
        Ok((headers, errors))
    }

    /// Everything up to the variables of the result.
    async fn send_and_map(&mut self, headers: &Headers, errors: &ErrorMapping) -> Result<Done, Stop> {
        self.backoff = headers.retry_backoff()?;
        let timeout = headers.job_timeout()?;
        let results = ResultMapping::compile(headers, &self.outbound.feel)?;
        self.extend_lease(timeout).await?;
        let variables = read_variables(&self.job.variables)?;
        let variables = self.resolve_secrets(variables).await?;
        let request = OutboundRequest::bind(variables)?;
        let sent = self.send(request).await?;
        self.map_result(&results, errors, &sent).map_err(Stop::Failed)
    }

    /// Asks the engine for more time; an engine that is busy leaves the job its old time, or the new one if that is shorter.
    async fn extend_lease(&mut self, timeout: Option<Duration>) -> Result<(), Failure> {
        let Some(timeout) = timeout else { return Ok(()) };
        let deadline = Instant::now().checked_add(timeout).unwrap_or(self.lease.deadline);
        match self.outbound.engine.update_timeout(self.lease, timeout).await {
            Ok(()) => self.lease.deadline = deadline,
            Err(error) if error.kind() == ErrorKind::Retryable => {
                tracing::warn!(job = %self.lease.key, code = %error.code, "the job's timeout could not be updated; going on with the shorter one");
                self.lease.deadline = self.lease.deadline.min(deadline);
            }
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    async fn resolve_secrets<'v>(&mut self, mut variables: Json<'v>) -> Result<Json<'v>, Failure> {
        let Json::Object(input) = &mut variables else { return Ok(variables) };
        input.retain(|(name, _)| {
            matches!(name.as_ref(), "authentication" | "configuration" | "awsCredential" | "queue")
        });
        if !self.job.variables.contains("secrets.") {
            return Ok(variables);
        }
        let scope = SecretScope {
            tenant_id: self.job.tenant_id.clone(),
            bpmn_process_id: self.job.bpmn_process_id.clone(),
        };
        let leaves = Leaves::of(&mut variables);
        let filter =
            if leaves.only_connect() { NameFilter::ConnectionFieldsOnly } else { self.name_filter().await };
        self.redactor = self.outbound.secrets.resolve_leaves(leaves, &scope, &filter).await?;
        Ok(variables)
    }

    async fn name_filter(&self) -> NameFilter {
        let options = &self.outbound.options;
        if options.secret_filter == FilterMode::Disabled {
            return NameFilter::AllowAll;
        }
        let mentioned = match &options.input_mappings {
            Some(mappings) => {
                mappings.mentioned_secrets(self.job.process_definition_key, &self.job.element_id).await
            }
            None => None,
        };
        let filter = NameFilter::new(options.secret_filter, mentioned);
        if !matches!(filter, NameFilter::Mentioned(_)) {
            let process = &self.job.bpmn_process_id;
            tracing::warn!(
                process,
                element = self.job.element_id,
                ?filter,
                "the process definition cannot be read, so it is unknown which secrets the element mentions"
            );
        }
        filter
    }

    async fn send(&mut self, request: OutboundRequest) -> Result<SentMessage, Stop> {
        let connection = connection(&request);
        self.check_policies(&request)?;
        let message = self.message(request);
        if self.outbound.options.check_limits {
            refuse_if_any(check_limits(&message))?;
        }
        match self.send_in_turn(&connection, message).await {
            Ok(sent) => Ok(sent),
            Err(TransportError::DeadlineExceeded { .. } | TransportError::Closed) => Err(Stop::Abandoned),
            Err(error) => Err(Stop::Failed(aws_error::failure(&error))),
        }
    }

    async fn send_in_turn(
        &mut self,
        connection: &Connection,
        message: OutgoingMessage,
    ) -> Result<SentMessage, TransportError> {
        let deadline = self.lease.deadline;
        if let Some(turn) = &mut self.turn
            && !turn.comes(deadline).await
        {
            return Err(TransportError::DeadlineExceeded { sent: false });
        }
        let queued = self.outbound.sender.queue(connection, message, deadline).await;
        // In line, or refused: either way the next of the group may follow.
        self.turn = None;
        queued?.sent().await
    }

    fn check_policies(&self, request: &OutboundRequest) -> Result<(), BindingError> {
        let options = &self.outbound.options;
        let endpoint =
            request.endpoint.as_deref().map_or(Ok(()), |endpoint| options.endpoints.check(endpoint));
        let chain = match request.credentials {
            RequestCredentials::DefaultChain => {
                options.default_chain.check(&request.queue_url, &request.region)
            }
            RequestCredentials::Static { .. } => Ok(()),
        };
        refuse_if_any([endpoint, chain].into_iter().filter_map(Result::err).collect())
    }

    fn message(&self, request: OutboundRequest) -> OutgoingMessage {
        let mut message = OutgoingMessage::new(request.queue_url.as_str(), request.body);
        message.attributes = request
            .attributes
            .into_iter()
            .map(|attribute| {
                let value = match attribute.content {
                    AttributeContent::Text(text) => AttributePayload::String(text),
                    AttributeContent::Binary(bytes) => AttributePayload::Binary(bytes),
                };
                (attribute.name, AttributeValue { data_type: attribute.data_type, value })
            })
            .collect();
        let by_key = request.queue_type == QueueType::Fifo
            && self.outbound.options.fifo_deduplication == FifoDeduplication::JobKey;
        message.message_deduplication_id = match request.message_deduplication_id {
            None if by_key => Some(self.lease.key.to_string()),
            Some(id) if by_key && id.is_empty() => Some(self.lease.key.to_string()),
            given => given,
        };
        message.message_group_id = request.message_group_id;
        message.delay_seconds = request.delay_seconds;
        message.trace_header = request.trace_header;
        message
    }

    fn map_result(
        &mut self,
        results: &ResultMapping,
        errors: &ErrorMapping,
        sent: &SentMessage,
    ) -> Result<Done, Failure> {
        for text in [Some(&sent.message_id), sent.sequence_number.as_ref(), Some(&sent.md5_of_body)]
            .into_iter()
            .flatten()
        {
            self.redactor.spare(text);
        }
        let response = Content::new(response(sent));
        let done = format_args!(
            "The message was sent (messageId {}); the job is not tried again, so that it is not sent twice",
            sent.message_id
        );
        let variables = results.variables(&response, done)?;
        let content = errors.is_given().then(|| {
            if variables.is_empty() { response } else { Content::new(Value::Object(variables.clone())) }
        });
        let outcome = Outcome::complete(self.redactor.redact_fields(variables))?;
        Ok(Done { outcome, content })
    }

    /// The outcome of a message that was sent: the error expression may still find fault with it.
    fn conclude(&self, errors: &ErrorMapping, done: Done) -> Outcome {
        done.content.and_then(|content| self.judge(errors, &content)).unwrap_or(done.outcome)
    }

    /// The outcome of a failure: the error expression may make something else of it.
    fn recover(&self, errors: &ErrorMapping, failure: Failure) -> Outcome {
        let failure = failure.masked(&self.redactor);
        let content = Content::new(Value::Object(failure.variables()));
        self.judge(errors, &content).unwrap_or_else(|| self.fail(failure))
    }

    /// What the error expression says; `None` when it says nothing.
    fn judge(&self, errors: &ErrorMapping, content: &Content) -> Option<Outcome> {
        let action = errors.action(content, self.job.retries).transpose()?;
        let outcome = action.and_then(|action| {
            Outcome::from_action(action, &self.redactor).map_err(Failure::without_backoff)
        });
        Some(outcome.unwrap_or_else(|failure| self.fail(failure)))
    }

    fn fail(&self, failure: Failure) -> Outcome {
        Outcome::from_failure(&failure.masked(&self.redactor), self.job.retries, self.backoff)
    }
}

fn refuse_if_any(violations: Vec<connector_binding::Violation>) -> Result<(), BindingError> {
    if violations.is_empty() { Ok(()) } else { Err(BindingError::Violations { violations }) }
}

fn connection(request: &OutboundRequest) -> Connection {
    let credentials = match request.credentials.clone() {
        RequestCredentials::DefaultChain => Credentials::DefaultChain,
        RequestCredentials::Static { access_key, secret_key, session_token } => {
            Credentials::Static { access_key, secret_key, session_token }
        }
    };
    Connection { credentials, region: request.region.clone(), endpoint: request.endpoint.clone() }
}

/// The connector's response: what result and error expressions see of a message that was sent.
fn response(sent: &SentMessage) -> Value {
    let mut fields = Map::new();
    fields.insert("messageId".to_owned(), Value::from(sent.message_id.as_str()));
    if let Some(number) = &sent.sequence_number {
        fields.insert("sequenceNumber".to_owned(), Value::from(number.as_str()));
    }
    fields.insert("md5OfMessageBody".to_owned(), Value::from(sent.md5_of_body.as_str()));
    Value::Object(fields)
}
