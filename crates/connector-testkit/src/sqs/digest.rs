//! The MD5 sums that SQS answers with, and hexadecimal text.

use md5::{Digest, Md5};

use super::attribute::{MessageAttribute, MessageAttributeValue};

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        for nibble in [byte >> 4, byte & 15] {
            text.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
        }
    }
    text
}

/// `MD5OfMessageBody`: of the body's UTF-8 bytes.
pub(crate) fn of_body(body: &str) -> String {
    hex(&Md5::digest(body.as_bytes()))
}

/// `MD5OfMessageAttributes`; the attributes must come sorted by name. None without attributes.
///
/// Source: developer guide, "Calculating the MD5 message digest for message attributes": length-prefixed name and
/// type, one byte for the kind of value (1 text, 2 binary), length-prefixed value.
pub(crate) fn of_attributes<'a>(
    attributes: impl IntoIterator<Item = (&'a str, &'a MessageAttribute)>,
) -> Option<String> {
    let mut sum = Md5::new();
    let mut any = false;
    for (name, attribute) in attributes {
        any = true;
        add(&mut sum, name.as_bytes());
        add(&mut sum, attribute.data_type.as_bytes());
        match &attribute.value {
            MessageAttributeValue::Text(text) => {
                sum.update([1]);
                add(&mut sum, text.as_bytes());
            }
            MessageAttributeValue::Binary(bytes) => {
                sum.update([2]);
                add(&mut sum, bytes);
            }
        }
    }
    any.then(|| hex(&sum.finalize()))
}

fn add(sum: &mut Md5, bytes: &[u8]) {
    sum.update(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
    sum.update(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_the_body_as_utf_8() {
        assert_eq!(of_body("hello"), "5d41402abc4b2a76b9719d911017c592");
        assert_eq!(of_body("h\u{e9}llo"), "be50e8478cf24ff3595bc7307fb91b50");
    }

    #[test]
    fn gives_no_digest_without_attributes() {
        assert_eq!(of_attributes([]), None);
    }

    #[test]
    fn distinguishes_text_from_binary_of_the_same_bytes() {
        let text = MessageAttribute { data_type: "X".into(), value: MessageAttributeValue::Text("a".into()) };
        let binary =
            MessageAttribute { data_type: "X".into(), value: MessageAttributeValue::Binary(b"a".to_vec()) };
        assert_ne!(of_attributes([("n", &text)]), of_attributes([("n", &binary)]));
    }
}
