//! The MD5 digests of SQS, which the AWS SDK for Rust does not check.
//!
//! Source: SQS Developer Guide, "Calculating the MD5 message digest for message attributes".

use crate::{AttributePayload, Message, OutgoingMessage, error::DigestMismatch, error::DigestPart};
use md5::{Digest, Md5};

const STRING: u8 = 1;
const BINARY: u8 = 2;

/// One attribute as the digest sees it.
struct Part<'a> {
    name: &'a str,
    data_type: &'a str,
    transport: u8,
    value: &'a [u8],
}

fn of_body(body: &str) -> [u8; 16] {
    Md5::digest(body.as_bytes()).into()
}

/// Compares what SQS returned for a sent message with our own digests.
pub(crate) fn verify_sent(
    message: &OutgoingMessage,
    body: Option<&str>,
    attributes: Option<&str>,
    system_attributes: Option<&str>,
) -> Result<(), DigestMismatch> {
    compare(DigestPart::Body, of_body(&message.body), body)?;
    if !message.attributes.is_empty() {
        compare(DigestPart::Attributes, of_outgoing(message), attributes)?;
    }
    if let Some(header) = &message.trace_header {
        let part =
            Part { name: "AWSTraceHeader", data_type: "String", transport: STRING, value: header.as_bytes() };
        compare(DigestPart::SystemAttributes, of_parts(vec![part]), system_attributes)?;
    }
    Ok(())
}

/// Compares a received message with the digests that came with it.
///
/// As the AWS SDK for Java does: the body always, the attributes when their digest is there.
pub(crate) fn verify_received(message: &Message) -> Result<(), DigestMismatch> {
    compare(DigestPart::Body, of_body(&message.body), Some(&message.md5_of_body))?;
    match &message.md5_of_message_attributes {
        Some(returned) => compare(DigestPart::Attributes, of_received(message), Some(returned)),
        None => Ok(()),
    }
}

fn of_outgoing(message: &OutgoingMessage) -> [u8; 16] {
    let parts = message.attributes.iter().map(|(name, attribute)| {
        let (transport, value) = match &attribute.value {
            AttributePayload::String(text) => (STRING, text.as_bytes()),
            AttributePayload::Binary(bytes) => (BINARY, bytes.as_slice()),
        };
        Part { name, data_type: &attribute.data_type, transport, value }
    });
    of_parts(parts.collect())
}

fn of_received(message: &Message) -> [u8; 16] {
    let parts = message.message_attributes.iter().filter_map(|(name, attribute)| {
        let (transport, value) = match (&attribute.string_value, &attribute.binary_value) {
            (Some(text), _) => (STRING, text.as_bytes()),
            (None, Some(bytes)) => (BINARY, bytes.as_slice()),
            (None, None) => return None,
        };
        Some(Part { name, data_type: &attribute.data_type, transport, value })
    });
    of_parts(parts.collect())
}

fn of_parts(mut parts: Vec<Part<'_>>) -> [u8; 16] {
    parts.sort_by(|a, b| a.name.cmp(b.name));
    let mut md5 = Md5::new();
    for part in parts {
        prefixed(&mut md5, part.name.as_bytes());
        prefixed(&mut md5, part.data_type.as_bytes());
        md5.update([part.transport]);
        prefixed(&mut md5, part.value);
    }
    md5.finalize().into()
}

fn prefixed(md5: &mut Md5, bytes: &[u8]) {
    // A value longer than 4 GiB cannot be sent anyway.
    md5.update(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
    md5.update(bytes);
}

/// The two digits of a byte.
fn digits(byte: u8) -> [u8; 2] {
    [byte >> 4, byte & 15].map(|nibble| if nibble < 10 { b'0' + nibble } else { b'a' - 10 + nibble })
}

fn hexadecimal(digest: &[u8; 16]) -> String {
    digest.iter().flat_map(|byte| digits(*byte)).map(char::from).collect()
}

fn is(digest: &[u8; 16], text: &str) -> bool {
    let pairs = text.as_bytes().chunks(2);
    text.len() == 2 * digest.len() && digest.iter().zip(pairs).all(|(byte, pair)| digits(*byte) == pair)
}

fn compare(part: DigestPart, calculated: [u8; 16], returned: Option<&str>) -> Result<(), DigestMismatch> {
    if returned.is_some_and(|returned| is(&calculated, returned)) {
        return Ok(());
    }
    let calculated = hexadecimal(&calculated);
    Err(DigestMismatch { part, calculated, returned: returned.map(str::to_owned) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AttributeValue;

    fn message() -> OutgoingMessage {
        let mut message = OutgoingMessage::new("q", "This is a test message");
        message.attributes = vec![
            (
                "test_attribute_name_2".into(),
                AttributeValue {
                    data_type: "Binary".into(),
                    value: AttributePayload::Binary(b"test_attribute_value_2".to_vec()),
                },
            ),
            (
                "test_attribute_name_1".into(),
                AttributeValue {
                    data_type: "String".into(),
                    value: AttributePayload::String("test_attribute_value_1".into()),
                },
            ),
        ];
        message
    }

    #[test]
    fn digests_equal_an_independent_computation() {
        // Computed with Python's hashlib over the bytes that the Developer Guide describes.
        assert_eq!(hexadecimal(&of_body("This is a test message")), "fafb00f5732ab283681e124bf8747ed1");
        assert_eq!(hexadecimal(&of_outgoing(&message())), "2cbc6b289c1552d2b60cb05c64d07264");
    }

    #[test]
    fn a_missing_digest_is_a_mismatch_for_a_sent_message() {
        let error = verify_sent(&message(), None, None, None).unwrap_err();
        assert_eq!((error.part, error.returned), (DigestPart::Body, None));
    }

    #[test]
    fn every_digit_counts() {
        let digest = of_body("This is a test message");
        assert!(is(&digest, "fafb00f5732ab283681e124bf8747ed1"));
        for other in [
            "fafb00f5732ab283681e124bf8747ed0",
            "FAFB00F5732AB283681E124BF8747ED1",
            "fafb00f5732ab283681e124bf8747ed10",
            "fafb00f5732ab283681e124bf8747ed",
            "",
        ] {
            assert!(!is(&digest, other), "{other}");
        }
    }

    #[test]
    fn attributes_are_compared_only_when_there_are_some() {
        let plain = OutgoingMessage::new("q", "x");
        assert_eq!(verify_sent(&plain, Some(&hexadecimal(&of_body("x"))), None, None), Ok(()));
        let body = hexadecimal(&of_body(&message().body));
        let error = verify_sent(&message(), Some(&body), Some("0"), None).unwrap_err();
        assert_eq!(error.part, DigestPart::Attributes);
    }
}
