//! What expressions see of an SQS message.

use super::parse_body;
use serde_json::{Map, Value};

/// An SQS message as the transport received it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InboundMessage {
    /// The id that SQS gave the message.
    pub message_id: String,
    /// The handle of this one receipt.
    pub receipt_handle: String,
    /// The body as text.
    pub body: String,
    /// MD5 of the body, as SQS states it.
    pub md5_of_body: Option<String>,
    /// System attributes, for instance `SentTimestamp`.
    pub attributes: Vec<(String, String)>,
    /// MD5 of the message attributes, as SQS states it.
    pub md5_of_message_attributes: Option<String>,
    /// Message attributes.
    pub message_attributes: Vec<(String, InboundAttribute)>,
}

/// A message attribute.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InboundAttribute {
    /// `String`, `Number`, `Binary`, with an optional custom suffix such as `Number.float`.
    pub data_type: String,
    /// The value of a `String` or `Number` attribute.
    pub string_value: Option<String>,
    /// The value of a `Binary` attribute, in Base64.
    pub binary_value: Option<String>,
}

/// The message as a JSON object: `messageId`, `receiptHandle`, `mD5OfBody`, `body`, `attributes`,
/// `mD5OfMessageAttributes`, `messageAttributes`. The body is read by [`parse_body`].
///
/// Source: the spelling of the names is the reference's, odd capitals included.
pub fn message_context(message: InboundMessage) -> Value {
    let attributes = message.attributes.into_iter().map(|(name, value)| (name, value.into()));
    let message_attributes =
        message.message_attributes.into_iter().map(|(name, value)| (name, attribute(value)));
    object([
        ("messageId", message.message_id.into()),
        ("receiptHandle", message.receipt_handle.into()),
        ("mD5OfBody", message.md5_of_body.into()),
        ("body", parse_body(&message.body)),
        ("attributes", Value::Object(attributes.collect())),
        ("mD5OfMessageAttributes", message.md5_of_message_attributes.into()),
        ("messageAttributes", Value::Object(message_attributes.collect())),
    ])
}

fn attribute(attribute: InboundAttribute) -> Value {
    object([
        ("stringValue", attribute.string_value.into()),
        ("binaryValue", attribute.binary_value.into()),
        ("stringListValues", Value::Array(Vec::new())),
        ("binaryListValues", Value::Array(Vec::new())),
        ("dataType", attribute.data_type.into()),
    ])
}

fn object<const N: usize>(fields: [(&str, Value); N]) -> Value {
    let mut map = Map::with_capacity(N);
    map.extend(fields.into_iter().map(|(name, value)| (name.to_owned(), value)));
    Value::Object(map)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_the_fields_as_the_reference_does() {
        let message = InboundMessage {
            message_id: "m-1".to_owned(),
            receipt_handle: "r".to_owned(),
            body: r#"{"id":4567,"value":"x"}"#.to_owned(),
            md5_of_body: Some("d41d".to_owned()),
            attributes: vec![("SentTimestamp".to_owned(), "1703062074171".to_owned())],
            md5_of_message_attributes: None,
            message_attributes: vec![
                (
                    "kind".to_owned(),
                    InboundAttribute {
                        data_type: "String".to_owned(),
                        string_value: Some("A".to_owned()),
                        binary_value: None,
                    },
                ),
                (
                    "bytes".to_owned(),
                    InboundAttribute {
                        data_type: "Binary".to_owned(),
                        string_value: None,
                        binary_value: Some("AP8=".to_owned()),
                    },
                ),
            ],
        };
        assert_eq!(
            message_context(message).to_string(),
            json!({
                "messageId": "m-1", "receiptHandle": "r", "mD5OfBody": "d41d", "body": {"id": 4567, "value": "x"},
                "attributes": {"SentTimestamp": "1703062074171"}, "mD5OfMessageAttributes": null,
                "messageAttributes": {
                    "kind": {"stringValue": "A", "binaryValue": null, "stringListValues": [],
                             "binaryListValues": [], "dataType": "String"},
                    "bytes": {"stringValue": null, "binaryValue": "AP8=", "stringListValues": [],
                              "binaryListValues": [], "dataType": "Binary"},
                },
            })
            .to_string()
        );
    }
}
