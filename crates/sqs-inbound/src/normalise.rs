//! A received message in the form that the binding takes.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use connector_binding::inbound::{InboundAttribute, InboundMessage};
use sqs_transport::{Message, MessageAttribute};

/// The message for [`connector_binding::inbound::message_context`]; binary attributes become Base64 text.
pub(crate) fn normalise(message: &Message) -> InboundMessage {
    let has_text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    InboundMessage {
        message_id: message.message_id.clone(),
        receipt_handle: message.receipt_handle.clone(),
        body: message.body.clone(),
        md5_of_body: has_text(&message.md5_of_body),
        attributes: message.attributes.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
        md5_of_message_attributes: message.md5_of_message_attributes.clone(),
        message_attributes: message
            .message_attributes
            .iter()
            .map(|(name, value)| (name.clone(), attribute(value)))
            .collect(),
    }
}

fn attribute(attribute: &MessageAttribute) -> InboundAttribute {
    InboundAttribute {
        data_type: attribute.data_type.clone(),
        string_value: attribute.string_value.clone(),
        binary_value: attribute.binary_value.as_ref().map(|bytes| STANDARD.encode(bytes)),
    }
}
