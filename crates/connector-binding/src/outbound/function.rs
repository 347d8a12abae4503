//! Intrinsic functions and document references in a job's input.
//!
//! An object with `camunda.function.type` stands for the result of a function, one with `camunda.document.type` for a document. Without a
//! document store only functions on plain values can be had; everything else is refused, never passed on as it is.

use crate::{BindingError, Json};
use base64::{Engine, engine::general_purpose::STANDARD};
use std::borrow::Cow;

const FUNCTION: &str = "camunda.function.type";
const DOCUMENT: &str = "camunda.document.type";
const PARAMETERS: &str = "params";

/// How many functions one job's input may call. Source: the Java runtime's limit.
const LIMIT: usize = 10;

/// Functions of the reference that work on documents.
const ON_DOCUMENTS: [&str; 3] = ["getText", "getJson", "createLink"];

/// Evaluates the functions of one job's input and counts them.
#[derive(Debug, Default)]
pub(crate) struct Functions {
    called: usize,
}

impl Functions {
    /// The value with its functions replaced by their results.
    ///
    /// # Errors
    /// A document reference, an unknown function, wrong arguments, or more than ten calls.
    pub(crate) fn evaluate<'v, 'a>(
        &mut self,
        path: impl FnOnce() -> String,
        value: &'v Json<'a>,
    ) -> Result<Cow<'v, Json<'a>>, BindingError> {
        if !contains_marker(value) {
            return Ok(Cow::Borrowed(value));
        }
        self.replaced(&path(), value).map(Cow::Owned)
    }

    fn replaced<'a>(&mut self, path: &str, value: &Json<'a>) -> Result<Json<'a>, BindingError> {
        match value {
            Json::Array(items) => {
                let items: Result<_, _> = items.iter().map(|item| self.replaced(path, item)).collect();
                items.map(Json::Array)
            }
            Json::Object(fields) => {
                if let Some(name) = value.get(FUNCTION) {
                    return self.call(path, name, value.get(PARAMETERS));
                }
                if value.get(DOCUMENT).is_some() {
                    return Err(BindingError::Unsupported {
                        path: path.to_owned(),
                        reason: "refers to a Camunda document, and this runtime has no document store: put the content itself into the variable".to_owned(),
                    });
                }
                let fields: Result<_, _> = fields
                    .iter()
                    .map(|(name, field)| Ok((name.clone(), self.replaced(path, field)?)))
                    .collect();
                fields.map(Json::Object)
            }
            scalar => Ok(scalar.clone()),
        }
    }

    fn call<'a>(
        &mut self,
        path: &str,
        name: &Json<'a>,
        parameters: Option<&Json<'a>>,
    ) -> Result<Json<'a>, BindingError> {
        self.called += 1;
        if self.called > LIMIT {
            return Err(BindingError::Function { reason: "Intrinsic function limit exceeded".to_owned() });
        }
        let name = match name {
            Json::String(name) => name.as_ref(),
            _ => "",
        };
        if ON_DOCUMENTS.contains(&name) {
            return Err(BindingError::Unsupported {
                path: path.to_owned(),
                reason: format!(
                    "calls the intrinsic function {name}, which needs a document store that this runtime has not"
                ),
            });
        }
        if name != "base64" {
            return Err(BindingError::Function {
                reason: format!("No intrinsic function found with name: {name}"),
            });
        }
        let parameters = parameters.map(|parameters| self.replaced(path, parameters)).transpose()?;
        match parameters.as_ref().and_then(Json::only) {
            Some(Json::String(text)) => Ok(Json::String(STANDARD.encode(text.as_bytes()).into())),
            _ => Err(BindingError::Function {
                reason: format!("the intrinsic function base64 in {path} takes one text"),
            }),
        }
    }
}

fn contains_marker(value: &Json<'_>) -> bool {
    match value {
        Json::Array(items) => items.iter().any(contains_marker),
        Json::Object(fields) => {
            fields.iter().any(|(name, field)| name == FUNCTION || name == DOCUMENT || contains_marker(field))
        }
        _ => false,
    }
}
