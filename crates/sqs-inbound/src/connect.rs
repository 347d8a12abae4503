//! From the properties of a group to a receiver that works.

use crate::{ConsumerOptions, Group, InboundError, consumer::Services};
use connector_binding::{RequestCredentials, inbound::InboundProperties};

use connector_secrets::{Redactor, SecretScope};
use sqs_transport::{
    Connection, Credentials, Receiver, ReceiverOptions, TransportError, VisibilityTimeout, WaitTime,
};
use std::time::Duration;

/// A group that is connected to its queue.
pub(crate) struct Connected {
    pub(crate) receiver: Receiver,
    pub(crate) connection: Connection,
    pub(crate) queue_url: String,
    /// How long a received message is hidden: as an element says, else as the queue says.
    pub(crate) visibility: Duration,
    /// Masks the secrets that were resolved for the connection.
    pub(crate) redactor: Redactor,
}

/// Binds the properties of a group and opens its queue; `adapt` may change the receiver's options before.
pub(crate) async fn connect(
    group: &Group,
    services: &Services,
    options: &ConsumerOptions,
    adapt: impl FnOnce(&mut ReceiverOptions),
) -> Result<Connected, InboundError> {
    let deployed = &group.first().deployed;
    let scope = SecretScope {
        tenant_id: deployed.process.tenant_id.clone(),
        bpmn_process_id: deployed.process.bpmn_process_id.clone(),
    };
    let bound = services.binder.bind(&deployed.element.properties, &scope).await?;
    let redactor = bound.redactor;
    let opened = async {
        let (connection, mut options) = receiver_options(bound.properties, options)?;
        adapt(&mut options);
        let (queue_url, visibility) = (options.queue_url.clone(), options.visibility_timeout);
        let client = services.clients.client(&connection).await?;
        let receiver = Receiver::open(client, options).await.map_err(|error| refused(error, &queue_url))?;
        let visibility = visibility.map_or(receiver.facts().visibility_timeout, VisibilityTimeout::duration);
        Ok::<_, InboundError>((receiver, connection, queue_url, visibility))
    };
    match opened.await {
        Ok((receiver, connection, queue_url, visibility)) => {
            Ok(Connected { receiver, connection, queue_url, visibility, redactor })
        }
        Err(error) => Err(redacted(error, &redactor)),
    }
}

/// A URL or region that came from a secret stands in the texts of errors.
fn redacted(error: InboundError, redactor: &Redactor) -> InboundError {
    let (code, kind, text) = (error.code().to_owned(), error.kind(), error.to_string());
    let shown = redactor.redact(&text);
    if shown == text { error } else { InboundError::Redacted { code, kind, text: shown } }
}

fn receiver_options(
    properties: InboundProperties,
    options: &ConsumerOptions,
) -> Result<(Connection, ReceiverOptions), TransportError> {
    let seconds = |seconds: u32| i32::try_from(seconds).unwrap_or(i32::MAX);
    let visibility =
        properties.visibility_timeout_seconds.map(|s| VisibilityTimeout::from_seconds(seconds(s)));
    let in_flight = properties.max_in_flight.map(usize::try_from).and_then(Result::ok);
    let options = ReceiverOptions {
        wait_time: WaitTime::from_seconds(properties.polling_wait_seconds.into())?,
        visibility_timeout: visibility.transpose()?,
        message_attribute_names: properties.message_attribute_names,
        message_system_attribute_names: properties.attribute_names,
        max_in_flight: in_flight.unwrap_or(options.max_in_flight),
        ..ReceiverOptions::new(properties.queue_url.as_str())
    };
    let credentials = match properties.credentials {
        RequestCredentials::DefaultChain => Credentials::DefaultChain,
        RequestCredentials::Static { access_key, secret_key, session_token } => {
            Credentials::Static { access_key, secret_key, session_token }
        }
    };
    Ok((Connection { credentials, region: properties.region, endpoint: properties.endpoint }, options))
}

fn refused(error: TransportError, queue_url: &str) -> InboundError {
    match error.code() {
        "QueueDoesNotExist" | "AWS.SimpleQueueService.NonExistentQueue" => {
            InboundError::QueueDoesNotExist { queue_url: queue_url.to_owned() }
        }
        _ => InboundError::Transport(error),
    }
}
