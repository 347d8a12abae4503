//! Message attributes: their shape, what SQS accepts, and which ones a receive asks for.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};

use super::options::Validation;
use super::refusal::{Refusal, RefusalCode};

/// Attributes of a message by name, sorted as their digest needs them.
pub(crate) type Attributes = BTreeMap<String, MessageAttribute>;

/// A message attribute as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageAttribute {
    /// `String`, `Number` or `Binary`, with an optional `.custom` label.
    pub data_type: String,
    /// The value.
    pub value: MessageAttributeValue,
}

/// The value of a message attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MessageAttributeValue {
    /// `StringValue`, also of numbers.
    Text(String),
    /// `BinaryValue`, decoded.
    Binary(Vec<u8>),
}

impl MessageAttribute {
    /// Bytes that count towards the size of the message, without the name.
    pub(crate) fn size(&self) -> usize {
        let value = match &self.value {
            MessageAttributeValue::Text(text) => text.len(),
            MessageAttributeValue::Binary(bytes) => bytes.len(),
        };
        self.data_type.len() + value
    }
}

impl Serialize for MessageAttribute {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        match &self.value {
            MessageAttributeValue::Text(text) => map.serialize_entry("StringValue", text)?,
            MessageAttributeValue::Binary(bytes) => {
                map.serialize_entry("BinaryValue", &STANDARD.encode(bytes))?
            }
        }
        map.serialize_entry("DataType", &self.data_type)?;
        map.end()
    }
}

/// An attribute of a request.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AttributeInput {
    data_type: Option<String>,
    string_value: Option<String>,
    binary_value: Option<String>,
}

/// Attributes of a request, not yet checked.
pub(crate) type AttributeInputs = BTreeMap<String, AttributeInput>;

/// Checks and converts the attributes of one message.
pub(crate) fn accept(inputs: AttributeInputs, validation: Validation) -> Result<Attributes, Refusal> {
    if validation == Validation::Off {
        return Ok(inputs.into_iter().map(|(name, input)| (name, input.unchecked())).collect());
    }
    if inputs.len() > 10 {
        let text =
            format!("Number of message attributes [{}] exceeds the allowed maximum [10].", inputs.len());
        return Err(invalid(text));
    }
    inputs
        .into_iter()
        .map(|(name, input)| {
            check_name(&name)?;
            let attribute = input.checked(&name)?;
            Ok((name, attribute))
        })
        .collect()
}

impl AttributeInput {
    /// Bytes that count towards the size of a batch; base64 is counted decoded.
    pub(crate) fn size(&self) -> usize {
        let length = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        length(&self.data_type) + length(&self.string_value) + length(&self.binary_value) / 4 * 3
    }

    fn unchecked(self) -> MessageAttribute {
        let value = match (self.binary_value, self.string_value) {
            (Some(encoded), _) => {
                MessageAttributeValue::Binary(STANDARD.decode(&encoded).unwrap_or(encoded.into_bytes()))
            }
            (None, text) => MessageAttributeValue::Text(text.unwrap_or_default()),
        };
        MessageAttribute { data_type: self.data_type.unwrap_or_default(), value }
    }

    fn checked(self, name: &str) -> Result<MessageAttribute, Refusal> {
        let data_type = self.data_type.filter(|data_type| !data_type.is_empty()).ok_or_else(|| {
            invalid(format!("The message attribute '{name}' must contain non-empty message attribute type."))
        })?;
        let prefix = data_type.split('.').next().unwrap_or_default();
        if data_type.len() > 256 || !matches!(prefix, "String" | "Number" | "Binary") {
            return Err(invalid(format!(
                "The type of message (user) attribute '{name}' is invalid. You must use only the following supported \
                 type prefixes: Binary, Number, String."
            )));
        }
        let value = match prefix {
            "Binary" => binary(name, self.binary_value, self.string_value.is_some())?,
            _ => text(name, prefix, self.string_value, self.binary_value.is_some())?,
        };
        Ok(MessageAttribute { data_type, value })
    }
}

fn binary(name: &str, encoded: Option<String>, other: bool) -> Result<MessageAttributeValue, Refusal> {
    let encoded = member(name, "Binary", "Binary", encoded, other)?;
    let bytes = STANDARD.decode(encoded).map_err(|_| {
        Refusal::new(RefusalCode::Serialization, format!("The attribute '{name}' is not base64."))
    })?;
    Ok(MessageAttributeValue::Binary(bytes))
}

fn text(
    name: &str,
    prefix: &str,
    text: Option<String>,
    other: bool,
) -> Result<MessageAttributeValue, Refusal> {
    let text = member(name, prefix, "String", text, other)?;
    if let Some(bad) = forbidden_character(&text) {
        return Err(invalid(format!(
            "Invalid binary character '#x{bad:X}' was found in the message attribute '{name}' value, {ALLOWED}"
        )));
    }
    if prefix == "Number" && !is_number(&text) {
        return Err(invalid(format!(
            "Can't cast the value of message (user) attribute '{name}' to a number."
        )));
    }
    Ok(MessageAttributeValue::Text(text))
}

/// The member that the type asks for; the other one alone is the wrong field, nothing at all is an empty value.
fn member(
    name: &str,
    prefix: &str,
    field: &str,
    value: Option<String>,
    other: bool,
) -> Result<String, Refusal> {
    match value {
        Some(value) if !value.is_empty() => Ok(value),
        None if other => Err(invalid(format!(
            "The message attribute '{name}' with type '{prefix}' must use field '{field}'."
        ))),
        _ => Err(invalid(format!(
            "The message attribute '{name}' must contain non-empty message attribute value."
        ))),
    }
}

fn check_name(name: &str) -> Result<(), Refusal> {
    let lower = name.to_ascii_lowercase();
    let allowed = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
    if name.is_empty() || name.len() > 256 || !allowed {
        return Err(invalid(format!(
            "Message (user) attribute name '{name}' is invalid: it can contain A-Z, a-z, 0-9, underscore, hyphen and \
             period, 1 to 256 in length."
        )));
    }
    if lower.starts_with("aws.") || lower.starts_with("amazon.") {
        return Err(invalid(format!("Message (user) attribute name '{name}' has a reserved prefix.")));
    }
    if name.starts_with('.') || name.ends_with('.') || name.contains("..") {
        return Err(invalid(format!(
            "Message (user) attribute name '{name}' is invalid: periods can neither lead, trail nor follow each other."
        )));
    }
    Ok(())
}

fn invalid(message: String) -> Refusal {
    Refusal::new(RefusalCode::InvalidParameterValue, message)
}

/// The end of every message about a character.
pub(crate) const ALLOWED: &str = "the set of allowed characters is #x9 | #xA | #xD | [#x20-#xD7FF] | \
                                  [#xE000-#xFFFD] | [#x10000-#x10FFFF]";

/// The first character that SQS refuses, if there is one. Source: SendMessage in the API reference.
pub(crate) fn forbidden_character(text: &str) -> Option<u32> {
    text.chars()
        .find(|&c| !matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{FFFD}' | '\u{10000}'..))
        .map(u32::from)
}

/// A decimal number, at most 38 significant digits, with an optional exponent.
fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let significant = whole.trim_start_matches('0').len() + fraction.len();
    let exponent_fits = exponent.is_none_or(|exponent| {
        let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !digits.is_empty()
            && all_digits(digits)
            && exponent.parse::<i32>().is_ok_and(|e| (-128..=126).contains(&e))
    });
    !(whole.is_empty() && fraction.is_empty())
        && all_digits(whole)
        && all_digits(fraction)
        && significant <= 38
        && exponent_fits
}

/// Which attributes a receive asks for.
///
/// Source: `MessageAttributeNames` of ReceiveMessage: names, `All` or `.*`, prefixes as `bar.*`.
#[derive(Clone, Debug, Default)]
pub(crate) struct AttributeFilter {
    names: Vec<String>,
}

impl AttributeFilter {
    pub(crate) fn new(names: Option<Vec<String>>) -> Self {
        Self { names: names.unwrap_or_default() }
    }

    pub(crate) fn takes(&self, name: &str) -> bool {
        self.names.iter().any(|asked| match asked.as_str() {
            "All" | ".*" => true,
            other => other == name || other.strip_suffix(".*").is_some_and(|prefix| under(name, prefix)),
        })
    }
}

fn under(name: &str, prefix: &str) -> bool {
    name.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_numbers_as_a_decimal_library_does() {
        for good in
            ["0", "-1", "+1.5", ".5", "5.", "1e10", "12E-3", "00000000000000000000000000000000000000000001"]
        {
            assert!(is_number(good), "{good}");
        }
        for bad in ["", "-", ".", "abc", "1e", "1e999", "0x1", "1 ", "NaN", &"9".repeat(39)] {
            assert!(!is_number(bad), "{bad}");
        }
    }

    #[test]
    fn refuses_control_characters_and_noncharacters() {
        assert_eq!(forbidden_character("tab\t line\n return\r \u{FFFD}\u{1F600}"), None);
        assert_eq!(forbidden_character("a\u{1}"), Some(1));
        assert_eq!(forbidden_character("\u{FFFE}"), Some(0xFFFE));
    }

    #[test]
    fn filters_by_name_prefix_and_all() {
        let filter =
            |names: &[&str]| AttributeFilter::new(Some(names.iter().map(ToString::to_string).collect()));
        assert!(filter(&["a"]).takes("a") && !filter(&["a"]).takes("b"));
        assert!(filter(&["a.*"]).takes("a.b") && !filter(&["a.*"]).takes("ab"));
        assert!(filter(&["All"]).takes("x") && filter(&[".*"]).takes("x"));
        assert!(!AttributeFilter::new(None).takes("x"));
    }

    #[test]
    fn refuses_names_with_reserved_prefixes_and_stray_periods() {
        for bad in ["", "AWS.x", "amazon.x", ".x", "x.", "x..y", "x y", "\u{fc}"] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
        assert!(check_name("a.b-c_9").is_ok());
    }
}
