//! Typed fields out of JSON, with the conversions of the Java mapper.
//!
//! Numbers and booleans become text with every digit kept, a list with one element is its element, an empty or blank text is no object.

use crate::{BindingError, Json, java, outbound::function::Functions};
use std::borrow::Cow;

/// A JSON object with where it stands in the input.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields<'a> {
    /// The object around it, and its name there; nobody needs the whole path but an error.
    place: Option<(&'a Fields<'a>, &'a str)>,
    members: &'a [(Cow<'a, str>, Json<'a>)],
}

impl<'a> Fields<'a> {
    /// The input itself.
    pub(crate) fn root(members: &'a [(Cow<'a, str>, Json<'a>)]) -> Self {
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
    pub(crate) fn value(&self, name: &str) -> Option<&'a Json<'a>> {
        self.member(name).filter(|value| !value.is_null())
    }

    fn member(&self, name: &str) -> Option<&'a Json<'a>> {
        self.members.iter().find(|(member, _)| member == name).map(|(_, value)| value)
    }

    /// True when the member is there and null.
    pub(crate) fn is_null(&self, name: &str) -> bool {
        self.member(name).is_some_and(Json::is_null)
    }

    /// The names of the members in their order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'a str> {
        self.members.iter().map(|(name, _)| name.as_ref())
    }

    /// An object; `expected` is the name that the reference has for it.
    pub(crate) fn object(
        &'a self,
        name: &'a str,
        expected: &'static str,
    ) -> Result<Option<Fields<'a>>, BindingError> {
        let path = || self.path(name);
        match self.value(name).map(|value| unwrapped(value, path)).transpose()? {
            None | Some(Json::Null) => Ok(None),
            Some(Json::Object(members)) => Ok(Some(Fields { place: Some((self, name)), members })),
            Some(Json::String(text)) if java::is_blank(text) => {
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
        let found = self.members.iter().rfind(|(name, _)| spellings.contains(&name.as_ref()));
        let Some((name, value)) = found else { return Ok(None) };
        let path = || self.path(name);
        let value = functions.evaluate(path, value)?;
        match unwrapped(&value, path)? {
            Json::Null => Ok(None),
            Json::String(text) | Json::Number(text) => Ok(Some(text.clone().into_owned())),
            Json::Bool(truth) => Ok(Some(truth.to_string())),
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
fn unwrapped<'v, 'a>(
    value: &'v Json<'a>,
    path: impl FnOnce() -> String,
) -> Result<&'v Json<'a>, BindingError> {
    match value {
        Json::Array(items) => match items.as_slice() {
            [Json::Array(_)] => Err(wrong_type(path(), "a single value", value)),
            [only] => Ok(only),
            _ => Err(wrong_type(path(), "a single value", value)),
        },
        other => Ok(other),
    }
}

/// A type error that shows the type and never the value.
pub(crate) fn wrong_type(path: String, expected: &'static str, value: &Json<'_>) -> BindingError {
    let found = match value {
        Json::Null => "null".to_owned(),
        Json::Bool(_) => "a boolean".to_owned(),
        Json::Number(_) => "a number".to_owned(),
        Json::String(_) => "text".to_owned(),
        Json::Array(items) if matches!(items.as_slice(), [Json::Array(_)]) => {
            "a list inside a list".to_owned()
        }
        Json::Array(items) => format!("a list with {} elements", items.len()),
        Json::Object(_) => "an object".to_owned(),
    };
    BindingError::WrongType { path, expected, found }
}
