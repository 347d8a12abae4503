//! Typed fields out of JSON, with the conversions of the Java mapper.
//!
//! Numbers and booleans become text with every digit kept, a list with one element is its element, an empty or blank text is no object.

use crate::{BindingError, java, outbound::function::Functions};
use serde_json::{Map, Value};

/// A JSON object with where it stands in the input.
///
/// A job's objects have few members: comparing their names one after another is cheaper than hashing the one that is looked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields<'a> {
    /// The object around it, and its name there; nobody needs the whole path but an error.
    place: Option<(&'a Fields<'a>, &'a str)>,
    members: &'a Map<String, Value>,
}

impl<'a> Fields<'a> {
    /// The input itself.
    pub(crate) fn root(members: &'a Map<String, Value>) -> Self {
        Self { place: None, members }
    }

    /// The path of a member.
    pub(crate) fn path(&self, name: &str) -> String {
        match self.place {
            Some((parent, own)) => format!("{}.{name}", parent.path(own)),
            None => name.to_owned(),
        }
    }

    /// A member as it is; null counts as absent.
    pub(crate) fn value(&self, name: &str) -> Option<&'a Value> {
        self.member(name).filter(|value| !value.is_null())
    }

    fn member(&self, name: &str) -> Option<&'a Value> {
        self.members.iter().find(|(member, _)| *member == name).map(|(_, value)| value)
    }

    /// True when the member is there and null.
    pub(crate) fn is_null(&self, name: &str) -> bool {
        self.member(name).is_some_and(Value::is_null)
    }

    /// The members in their order.
    pub(crate) fn members(&self) -> impl Iterator<Item = (&'a String, &'a Value)> {
        self.members.iter()
    }

    /// An object; `expected` is the name that the reference has for it.
    pub(crate) fn object(
        &'a self,
        name: &'a str,
        expected: &'static str,
    ) -> Result<Option<Fields<'a>>, BindingError> {
        let path = || self.path(name);
        match self.value(name).map(|value| unwrapped(value, path)).transpose()? {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Object(members)) => Ok(Some(Fields { place: Some((self, name)), members })),
            Some(Value::String(text)) if java::is_blank(text) => {
                Err(BindingError::InvalidField { path: path(), expected })
            }
            Some(other) => Err(wrong_type(path(), "an object", other)),
        }
    }

    /// A text; the last of several spellings counts.
    pub(crate) fn text(
        &self,
        spellings: &[&str],
        functions: &mut Functions,
    ) -> Result<Option<String>, BindingError> {
        let found = self.members.iter().rfind(|(name, _)| spellings.contains(&name.as_str()));
        let Some((name, value)) = found else { return Ok(None) };
        let path = || self.path(name);
        let value = functions.evaluate(path, value)?;
        match unwrapped(&value, path)? {
            Value::Null => Ok(None),
            Value::String(text) => Ok(Some(text.clone())),
            number @ (Value::Number(_) | Value::Bool(_)) => Ok(Some(number.to_string())),
            other => Err(wrong_type(path(), "text", other)),
        }
    }

    /// A whole number.
    pub(crate) fn whole(&self, name: &str, functions: &mut Functions) -> Result<Option<i32>, BindingError> {
        let Some(text) = self.text(&[name], functions)?.filter(|text| !java::is_blank(text)) else {
            return Ok(None);
        };
        let found = || BindingError::WrongType {
            path: self.path(name),
            expected: "a whole number",
            found: "something else".to_owned(),
        };
        text.trim().parse().map(Some).map_err(|_| found())
    }
}

/// The only element of a list, or the value itself.
fn unwrapped(value: &Value, path: impl FnOnce() -> String) -> Result<&Value, BindingError> {
    match value {
        Value::Array(items) => match items.as_slice() {
            [Value::Array(_)] => Err(wrong_type(path(), "a single value", value)),
            [only] => Ok(only),
            _ => Err(wrong_type(path(), "a single value", value)),
        },
        other => Ok(other),
    }
}

/// A type error that shows the type and never the value.
pub(crate) fn wrong_type(path: String, expected: &'static str, value: &Value) -> BindingError {
    let found = match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) => "a boolean".to_owned(),
        Value::Number(_) => "a number".to_owned(),
        Value::String(_) => "text".to_owned(),
        Value::Array(items) if matches!(items.as_slice(), [Value::Array(_)]) => {
            "a list inside a list".to_owned()
        }
        Value::Array(items) => format!("a list with {} elements", items.len()),
        Value::Object(_) => "an object".to_owned(),
    };
    BindingError::WrongType { path, expected, found }
}
