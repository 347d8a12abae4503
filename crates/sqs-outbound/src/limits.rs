//! SQS's own limits, checked before a message is sent when the operator wants it.
//!
//! Source: SQS Developer Guide, "Amazon SQS message quotas", and the reference of SendMessage.

use connector_binding::Violation;
use sqs_transport::{AttributePayload, OutgoingMessage};

const LARGEST_MESSAGE_BYTES: usize = 1_048_576;
const MOST_ATTRIBUTES: usize = 10;
const LONGEST_NAME: usize = 256;
const LONGEST_ID: usize = 128;

/// Every limit that a message breaks, with the rule in words.
pub fn check_limits(message: &OutgoingMessage) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut refuse = |path: String, rule: String| violations.push(Violation::new(path, rule));
    let size = message.size();
    if size > LARGEST_MESSAGE_BYTES {
        refuse(
            "queue.messageBody".to_owned(),
            format!(
                "SQS takes at most {LARGEST_MESSAGE_BYTES} bytes, body and attributes together, but the message has {size}"
            ),
        );
    }
    if message.body.is_empty() {
        refuse("queue.messageBody".to_owned(), "SQS takes no empty body".to_owned());
    }
    if let Some(character) = message.body.chars().find(|character| !is_allowed(*character)) {
        let code = u32::from(character);
        refuse(
            "queue.messageBody".to_owned(),
            format!("SQS takes no character U+{code:04X}: send text, or Base64 or JSON with it escaped"),
        );
    }
    if message.attributes.len() > MOST_ATTRIBUTES {
        let count = message.attributes.len();
        refuse(
            "queue.messageAttributes".to_owned(),
            format!("SQS takes at most {MOST_ATTRIBUTES} attributes, but there are {count}"),
        );
    }
    for (name, attribute) in &message.attributes {
        if let Some(rule) = name_rule(name) {
            refuse(format!("queue.messageAttributes[{name}]"), rule);
        }
        let kind = attribute.data_type.split('.').next().unwrap_or_default();
        let fits = matches!(
            (kind, &attribute.value),
            ("String" | "Number", AttributePayload::String(_)) | ("Binary", AttributePayload::Binary(_))
        );
        if !fits {
            refuse(
                format!("queue.messageAttributes[{name}].dataType"),
                "must be String or Number with a stringValue, or Binary with a binaryValue; a label may follow after a dot".to_owned(),
            );
        }
    }
    for (field, id) in [
        ("messageGroupId", &message.message_group_id),
        ("messageDeduplicationId", &message.message_deduplication_id),
    ] {
        if id.as_deref().is_some_and(|id| !is_id(id)) {
            refuse(
                format!("queue.{field}"),
                format!("must have 1 to {LONGEST_ID} characters: ASCII letters, digits and punctuation"),
            );
        }
    }
    violations
}

/// The characters of XML 1.0, which is what SQS takes in a body.
fn is_allowed(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

fn name_rule(name: &str) -> Option<String> {
    let lower = name.to_ascii_lowercase();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let rule = if name.is_empty() || name.len() > LONGEST_NAME || !name.chars().all(plain) {
        format!("a name has 1 to {LONGEST_NAME} letters, digits, underscores, hyphens and dots")
    } else if name.starts_with('.') || name.ends_with('.') || name.contains("..") {
        "a name must not start or end with a dot or have two in a row".to_owned()
    } else if lower.starts_with("aws.") || lower.starts_with("amazon.") {
        "a name must not start with AWS. or Amazon.".to_owned()
    } else {
        return None;
    };
    Some(rule)
}

fn is_id(id: &str) -> bool {
    !id.is_empty() && id.len() <= LONGEST_ID && id.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;
    use sqs_transport::AttributeValue;

    fn paths(message: &OutgoingMessage) -> Vec<String> {
        check_limits(message).into_iter().map(|violation| violation.path).collect()
    }

    #[test]
    fn a_plain_message_breaks_nothing() {
        let mut message = OutgoingMessage::new("q", "tab\t line\n ü 😀");
        message.message_group_id = Some("g-1/!~".to_owned());
        assert_eq!(paths(&message), Vec::<String>::new());
    }

    #[test]
    fn size_emptiness_and_characters_of_the_body_are_checked() {
        for body in
            [String::new(), "a\u{1}".to_owned(), "\u{ffff}".to_owned(), "x".repeat(LARGEST_MESSAGE_BYTES + 1)]
        {
            assert_eq!(paths(&OutgoingMessage::new("q", body)), ["queue.messageBody"]);
        }
    }

    #[test]
    fn attributes_and_ids_are_checked() {
        let text = |data_type: &str| AttributeValue {
            data_type: data_type.to_owned(),
            value: AttributePayload::String("v".to_owned()),
        };
        let mut message = OutgoingMessage::new("q", "b");
        message.attributes = (0..11).map(|index| (format!("k{index}"), text("Number.int"))).collect();
        assert_eq!(paths(&message), ["queue.messageAttributes"]);
        message.attributes =
            ["AWS.x", ".x", "a b", ""].map(|name| (name.to_owned(), text("String"))).to_vec();
        assert_eq!(paths(&message).len(), 4);
        message.attributes =
            ["string", "Binary"].map(|data_type| (data_type.to_owned(), text(data_type))).to_vec();
        assert_eq!(paths(&message).len(), 2);
        message.attributes.clear();
        message.message_group_id = Some(String::new());
        message.message_deduplication_id = Some("ü".to_owned());
        assert_eq!(paths(&message), ["queue.messageGroupId", "queue.messageDeduplicationId"]);
    }
}
