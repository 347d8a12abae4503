//! A received message in the form that the binding takes.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use connector_binding::inbound::{InboundAttribute, InboundMessage};
use sqs_transport::{Message, MessageAttribute};

/// The message for [`connector_binding::inbound::message_context`]; binary attributes become Base64 text.
pub(crate) fn normalise(message: Message) -> InboundMessage {
    let named = |(name, value)| (name, attribute(value));
    InboundMessage {
        message_id: message.message_id,
        receipt_handle: message.receipt_handle,
        body: message.body,
        md5_of_body: Some(message.md5_of_body).filter(|text| !text.is_empty()),
        attributes: message.attributes.into_iter().collect(),
        md5_of_message_attributes: message.md5_of_message_attributes,
        message_attributes: message.message_attributes.into_iter().map(named).collect(),
    }
}

fn attribute(attribute: MessageAttribute) -> InboundAttribute {
    InboundAttribute {
        data_type: attribute.data_type,
        string_value: attribute.string_value,
        binary_value: attribute.binary_value.as_ref().map(|bytes| STANDARD.encode(bytes)),
    }
}
