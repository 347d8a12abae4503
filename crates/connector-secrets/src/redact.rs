//! Keeps resolved values out of texts.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD},
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use std::{fmt, sync::Arc};

/// What stands in a text where a secret was.
const MASK: &str = "***";

/// An encoded form that is shorter than this would hide parts of ordinary words.
const SHORTEST_UNPADDED: usize = 6;

/// A form in which a value may stand in a text; shared, since each job of an element brings the same ones.
pub(crate) type Form = Arc<SecretString>;

/// Replaces the values of a job's secrets by `***`, also where they stand JSON-escaped, in Base64, hexadecimal or URL-encoded.
///
/// An empty value masks nothing.
#[derive(Clone, Default)]
pub struct Redactor {
    // Longest first, so that a value inside another one does not leave the rest of it behind.
    forms: Vec<Form>,
    spared: Vec<String>,
    /// The bytes that a form or a spared text starts with.
    starts: ByteSet,
}

impl Redactor {
    /// Hides this value from now on.
    pub fn add(&mut self, value: &SecretString) {
        self.add_forms(&forms(value));
    }

    /// Hides everything that the other one hides too.
    pub fn merge(&mut self, other: &Self) {
        self.add_forms(&other.forms);
    }

    pub(crate) fn add_forms(&mut self, forms: &[Form]) {
        for form in forms {
            let same =
                |known: &Form| Arc::ptr_eq(known, form) || known.expose_secret() == form.expose_secret();
            if !self.forms.iter().any(same) {
                self.starts.insert_first_of(form.expose_secret());
                self.forms.push(Arc::clone(form));
            }
        }
        self.forms.sort_by_key(|form| std::cmp::Reverse(form.expose_secret().len()));
    }

    /// Leaves this text alone wherever it stands: an id that a service made up is no secret, even when it has a short secret's characters.
    pub fn spare(&mut self, text: &str) {
        if !text.is_empty() {
            self.starts.insert_first_of(text);
            self.spared.push(text.to_owned());
        }
    }

    /// True when there is nothing to hide.
    pub fn is_empty(&self) -> bool {
        self.forms.is_empty()
    }

    /// The text without the values.
    pub fn redact(&self, text: &str) -> String {
        if !self.may_hide_in(text) {
            return text.to_owned();
        }
        let mut redacted = String::with_capacity(text.len());
        let mut rest = text;
        // Nearly everywhere nothing can start, which this says without comparing.
        while let Some(place) = rest.bytes().position(|byte| self.starts.contains(byte)) {
            redacted.push_str(rest.get(..place).unwrap_or_default());
            rest = self.redact_first(rest.get(place..).unwrap_or_default(), &mut redacted);
        }
        redacted.push_str(rest);
        redacted
    }

    /// Writes what the text starts with, a spared text, a mask or a character, and gives back what is behind.
    fn redact_first<'a>(&self, text: &'a str, redacted: &mut String) -> &'a str {
        let spared =
            self.spared.iter().find_map(|spared| Some((spared, text.strip_prefix(spared.as_str())?)));
        if let Some((spared, behind)) = spared {
            redacted.push_str(spared);
            return behind;
        }
        if let Some(behind) = self.forms.iter().find_map(|form| text.strip_prefix(form.expose_secret())) {
            redacted.push_str(MASK);
            return behind;
        }
        let mut characters = text.chars();
        redacted.extend(characters.next());
        characters.as_str()
    }

    /// False when the text certainly stays as it is.
    fn may_hide_in(&self, text: &str) -> bool {
        !self.forms.is_empty() && text.bytes().any(|byte| self.starts.contains(byte))
    }

    /// The document without the values in its strings and keys.
    pub fn redact_value(&self, value: Value) -> Value {
        match value {
            _ if self.forms.is_empty() => value,
            Value::String(text) if self.may_hide_in(&text) => Value::String(self.redact(&text)),
            Value::Array(items) => {
                Value::Array(items.into_iter().map(|item| self.redact_value(item)).collect())
            }
            Value::Object(fields) => Value::Object(self.redact_fields(fields)),
            other => other,
        }
    }

    /// The fields without the values in their names and strings.
    pub fn redact_fields(&self, mut fields: Map<String, Value>) -> Map<String, Value> {
        if fields.keys().any(|name| self.may_hide_in(name)) {
            return fields
                .into_iter()
                .map(|(name, value)| (self.redact(&name), self.redact_value(value)))
                .collect();
        }
        for value in fields.values_mut() {
            *value = self.redact_value(std::mem::take(value));
        }
        fields
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redactor").field("forms", &self.forms.len()).finish()
    }
}

/// A set of bytes, a bit for each.
#[derive(Clone, Default)]
struct ByteSet([u64; 4]);

impl ByteSet {
    fn contains(&self, byte: u8) -> bool {
        self.0.get(usize::from(byte / 64)).is_some_and(|word| word >> (byte % 64) & 1 == 1)
    }

    /// Takes in the byte that a text starts with.
    fn insert_first_of(&mut self, text: &str) {
        let Some(byte) = text.bytes().next() else { return };
        if let Some(word) = self.0.get_mut(usize::from(byte / 64)) {
            *word |= 1 << (byte % 64);
        }
    }
}

/// The forms of a value, none twice.
pub(crate) fn forms(value: &SecretString) -> Arc<[Form]> {
    let mut texts = spellings(value.expose_secret());
    texts.sort_unstable();
    texts.dedup();
    texts.into_iter().map(|text| Arc::new(SecretString::from(text))).collect()
}

fn spellings(value: &str) -> Vec<String> {
    if value.is_empty() {
        return Vec::new();
    }
    let mut forms = vec![value.to_owned()];
    // JSON also inside JSON.
    let escaped = json_escaped(value);
    forms.extend([json_escaped(&escaped), escaped]);
    forms.extend([STANDARD.encode(value), URL_SAFE.encode(value)]);
    let unpadded = [STANDARD_NO_PAD.encode(value), URL_SAFE_NO_PAD.encode(value)];
    forms.extend(unpadded.into_iter().filter(|form| form.len() >= SHORTEST_UNPADDED));
    forms.extend([url_encode(value, "%20"), url_encode(value, "+")]);
    if value.len() >= SHORTEST_UNPADDED {
        let hexadecimal = value.bytes().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
        forms.extend([hexadecimal.to_uppercase(), hexadecimal]);
    }
    forms
}

/// The text as it stands between the quotes of a JSON string.
fn json_escaped(text: &str) -> String {
    let json = Value::from(text).to_string();
    json.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(&json).to_owned()
}

fn url_encode(value: &str, space: &str) -> String {
    value.bytes().fold(String::new(), |mut encoded, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte))
            }
            b' ' => encoded.push_str(space),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn redactor(values: &[&str]) -> Redactor {
        let mut redactor = Redactor::default();
        values.iter().for_each(|value| redactor.add(&SecretString::from(*value)));
        redactor
    }

    #[test]
    fn hides_plain_escaped_base64_and_url_encoded_values() {
        let secret = "say \"hi\" & go";
        let redactor = redactor(&[secret]);
        for form in [
            secret.to_owned(),
            "say \\\"hi\\\" & go".to_owned(),
            "say \\\\\\\"hi\\\\\\\" & go".to_owned(),
            "7361792022686922202620676f".to_owned(),
            "7361792022686922202620676F".to_owned(),
            STANDARD.encode(secret),
            url_encode(secret, "+"),
            url_encode(secret, "%20"),
        ] {
            assert_eq!(redactor.redact(&format!("<{form}>")), "<***>", "{form}");
        }
    }

    #[test]
    fn an_empty_value_masks_nothing() {
        assert!(redactor(&[""]).is_empty());
        assert_eq!(redactor(&[""]).redact("abc"), "abc");
    }

    #[test]
    fn a_value_inside_a_longer_one_leaves_nothing_behind() {
        assert_eq!(redactor(&["ab", "abcd", "*"]).redact("abcd ab *"), "*** *** ***");
        assert_eq!(redactor(&["42"]).redact("42 of 4242"), "*** of ******");
    }

    #[test]
    fn hides_values_in_keys_and_nested_strings_but_leaves_numbers() {
        let value = json!({"k-top": ["x top", 5, null, {"a": "top"}]});
        assert_eq!(
            redactor(&["top", "5"]).redact_value(value),
            json!({"k-***": ["x ***", 5, null, {"a": "***"}]})
        );
    }

    #[test]
    fn a_spared_text_is_left_alone() {
        let mut redactor = redactor(&["42"]);
        redactor.spare("a42b");
        assert_eq!(redactor.redact("42 a42b a42"), "*** a42b a***");
    }

    #[test]
    fn debug_shows_no_value() {
        assert!(!format!("{:?}", redactor(&["canary-value"])).contains("canary"));
    }
}
