//! What becomes of a job.

use crate::{Failure, JavaDuration, Retries, java};
use connector_core::{BpmnError, JobFailure, RawJson};
use connector_secrets::Redactor;
use serde_json::{Map, Value};

/// How large the variables of a command may be, in bytes of JSON. Source: the Java runtime's limit, below the engine's 4 MiB.
const VARIABLES_LIMIT: usize = 1_572_864;

/// The one command that a job ends with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The job is done; these are its variables.
    Complete(RawJson),
    /// The error expression says that the error does not matter: the job is done with these variables.
    Ignore(RawJson),
    /// The job failed.
    Fail(JobFailure),
    /// A BPMN error is thrown at the job's element.
    Throw(BpmnError),
}

/// What an error expression asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum ErrorAction {
    /// `bpmnError`.
    Bpmn {
        /// The code to throw.
        code: String,
        /// The message; empty when there is none.
        message: String,
        /// The variables that go with it.
        variables: Map<String, Value>,
    },
    /// `jobError`.
    Job {
        /// The message.
        message: Option<String>,
        /// The retries that are left; negative counts as none.
        retries: i32,
        /// How long the engine should wait.
        backoff: JavaDuration,
        /// The variables that go with it.
        variables: Map<String, Value>,
    },
    /// `ignoreError`.
    Ignore {
        /// The variables to complete the job with.
        variables: Map<String, Value>,
    },
}

impl Outcome {
    /// The job is done with these variables.
    ///
    /// # Errors
    /// [`Failure`] without retries when the variables are larger than 1.5 MiB.
    pub fn complete(variables: Map<String, Value>) -> Result<Self, Failure> {
        payload(variables).map(Self::Complete)
    }

    /// What an error expression asked for.
    ///
    /// # Errors
    /// [`Failure`] without retries when the variables are larger than 1.5 MiB.
    pub fn from_action(action: ErrorAction, redactor: &Redactor) -> Result<Self, Failure> {
        match action {
            ErrorAction::Ignore { variables } => payload(redactor.redact_fields(variables)).map(Self::Ignore),
            ErrorAction::Bpmn { code, message, variables } => Ok(Self::Throw(BpmnError {
                error_code: redactor.redact(&code),
                error_message: java::cut(&redactor.redact(&message), java::MESSAGE_LIMIT).to_owned(),
                variables: payload(redactor.redact_fields(variables))?,
            })),
            ErrorAction::Job { message, retries, backoff, variables } => {
                let message = message.map(|message| redactor.redact(&message));
                let mut variables = redactor.redact_fields(variables);
                variables.insert("error".to_owned(), message.clone().map_or(Value::Null, Value::String));
                let error_message = described(message.as_deref().unwrap_or("null"), &variables);
                let retry_backoff_millis = backoff.as_millis().ok_or_else(overflow)?;
                let variables = payload(variables)?;
                Ok(Self::Fail(JobFailure {
                    retries: retries.max(0),
                    error_message,
                    retry_backoff_millis,
                    variables,
                }))
            }
        }
    }

    /// The job failed; `job_retries` are what it was activated with, `backoff` is its header's.
    pub fn from_failure(failure: &Failure, job_retries: i32, backoff: Option<JavaDuration>) -> Self {
        let millis = match backoff.filter(|_| failure.takes_header_backoff()).map(JavaDuration::as_millis) {
            None => 0,
            Some(Some(millis)) => millis,
            Some(None) => return Self::from_failure(&overflow(), job_retries, None),
        };
        let variables = failure.variables();
        let retries = match failure.retries() {
            Retries::Exhausted => 0,
            Retries::CountDown => job_retries.saturating_sub(1).max(0),
        };
        let error_message = described(failure.message(), &variables);
        Self::Fail(JobFailure {
            retries,
            error_message,
            retry_backoff_millis: millis,
            variables: RawJson::from(variables),
        })
    }
}

/// The variables as a command carries them, within the limit.
fn payload(variables: Map<String, Value>) -> Result<RawJson, Failure> {
    let json = RawJson::from(variables);
    let size = json.as_str().len();
    if size > VARIABLES_LIMIT {
        return Err(Failure::input(format!(
            "Output variables payload ({size} bytes) exceeds the 1.5 MB safe variable size limit for Zeebe job completion. \
             To handle large payloads, enable the 'Create document' option where available."
        )));
    }
    Ok(json)
}

fn described(message: &str, variables: &Map<String, Value>) -> String {
    let variables = java::to_string(&Value::Object(variables.clone()));
    java::cut(&format!("{message} | Error variables: {variables}"), java::MESSAGE_LIMIT).to_owned()
}

fn overflow() -> Failure {
    Failure::new("java.lang.ArithmeticException", "long overflow").exhausted().without_backoff()
}
