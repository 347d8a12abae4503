//! Properties with dotted names as a tree of paths.

use super::InboundBindingError;
use std::collections::BTreeMap;

/// Values by path, for instance `queue.url`; no path leads through another one's value.
#[derive(Clone, Default)]
pub(crate) struct Paths(BTreeMap<Vec<String>, String>);

impl Paths {
    /// Splits the names at dots; dots at the end don't count, as they don't for the reference.
    pub(crate) fn new(properties: &[(String, String)]) -> Result<Self, InboundBindingError> {
        let mut paths = BTreeMap::new();
        for (name, value) in properties {
            let path: Vec<String> = name.trim_end_matches('.').split('.').map(str::to_owned).collect();
            if path.iter().any(String::is_empty) {
                return Err(malformed(format!("empty step in '{name}'")));
            }
            if paths.insert(path, value.clone()).is_some() {
                return Err(malformed(format!("'{name}' is given twice")));
            }
        }
        let mut previous: Option<&Vec<String>> = None;
        for path in paths.keys() {
            if let Some(previous) = previous.filter(|previous| path.starts_with(previous)) {
                let (a, b) = (previous.join("."), path.join("."));
                return Err(malformed(format!("'{a}' is a value and '{b}' leads through it")));
            }
            previous = Some(path);
        }
        Ok(Self(paths))
    }

    /// The value at a path; an error when the path leads further there.
    pub(crate) fn value(&self, path: &'static str) -> Result<Option<&str>, InboundBindingError> {
        let steps: Vec<String> = path.split('.').map(str::to_owned).collect();
        match self.0.get(&steps) {
            Some(value) => Ok(Some(value)),
            None if self.has_below(path) => Err(InboundBindingError::InvalidValue {
                property: path.to_owned(),
                reason: "expected one text, got properties below it: write the value in one property"
                    .to_owned(),
            }),
            None => Ok(None),
        }
    }

    /// Whether any value lies below a path; an error when the path itself has a value.
    pub(crate) fn is_object(&self, path: &'static str) -> Result<bool, InboundBindingError> {
        let steps: Vec<String> = path.split('.').map(str::to_owned).collect();
        if self.0.contains_key(&steps) {
            return Err(InboundBindingError::invalid(path, "expected properties below it, got one text"));
        }
        Ok(self.has_below(path))
    }

    fn has_below(&self, path: &str) -> bool {
        let steps: Vec<&str> = path.split('.').collect();
        self.0.keys().any(|known| known.len() > steps.len() && known.iter().zip(&steps).all(|(a, b)| a == b))
    }
}

fn malformed(reason: String) -> InboundBindingError {
    InboundBindingError::MalformedPaths { reason }
}
