//! Intrinsic functions and document references in a job's input.
//!
//! An object with `camunda.function.type` stands for the result of a function, one with `camunda.document.type` for a document. Without a
//! document store only functions on plain values can be had; everything else is refused, never passed on as it is.

use crate::BindingError;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value};
use std::borrow::Cow;

const FUNCTION: &str = "camunda.function.type";
const DOCUMENT: &str = "camunda.document.type";

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
    pub(crate) fn evaluate<'v>(
        &mut self,
        path: impl FnOnce() -> String,
        value: &'v Value,
    ) -> Result<Cow<'v, Value>, BindingError> {
        if !contains_marker(value) {
            return Ok(Cow::Borrowed(value));
        }
        self.replaced(&path(), value).map(Cow::Owned)
    }

    fn replaced(&mut self, path: &str, value: &Value) -> Result<Value, BindingError> {
        match value {
            Value::Array(items) => {
                let items: Result<_, _> = items.iter().map(|item| self.replaced(path, item)).collect();
                items.map(Value::Array)
            }
            Value::Object(fields) => {
                if let Some(name) = fields.get(FUNCTION) {
                    return self.call(path, name, fields);
                }
                if fields.contains_key(DOCUMENT) {
                    return Err(BindingError::Unsupported {
                        path: path.to_owned(),
                        reason: "refers to a Camunda document, and this runtime has no document store: put the content itself into the variable".to_owned(),
                    });
                }
                let fields: Result<_, _> = fields
                    .iter()
                    .map(|(name, field)| Ok((name.clone(), self.replaced(path, field)?)))
                    .collect();
                fields.map(Value::Object)
            }
            scalar => Ok(scalar.clone()),
        }
    }

    fn call(&mut self, path: &str, name: &Value, fields: &Map<String, Value>) -> Result<Value, BindingError> {
        self.called += 1;
        if self.called > LIMIT {
            return Err(BindingError::Function { reason: "Intrinsic function limit exceeded".to_owned() });
        }
        let name = name.as_str().unwrap_or_default();
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
        let parameters = fields.get("params").cloned().unwrap_or(Value::Array(Vec::new()));
        match self.replaced(path, &parameters)? {
            Value::Array(items) if matches!(items.as_slice(), [Value::String(_)]) => Ok(Value::String(
                items.first().and_then(Value::as_str).map(|text| STANDARD.encode(text)).unwrap_or_default(),
            )),
            _ => Err(BindingError::Function {
                reason: format!("the intrinsic function base64 in {path} takes one text"),
            }),
        }
    }
}

fn contains_marker(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(contains_marker),
        Value::Object(fields) => {
            fields.iter().any(|(name, field)| name == FUNCTION || name == DOCUMENT || contains_marker(field))
        }
        _ => false,
    }
}
