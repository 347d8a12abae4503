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

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(names: &[&str]) -> Result<Paths, InboundBindingError> {
        Paths::new(&names.iter().map(|name| ((*name).to_owned(), format!("v:{name}"))).collect::<Vec<_>>())
    }

    #[test]
    fn finds_values_and_ignores_dots_at_the_end() {
        let paths = paths(&["queue.url.", "queue.pollingWaitTime", "x"]).unwrap();
        assert_eq!(paths.value("queue.url").unwrap(), Some("v:queue.url."));
        assert_eq!(paths.value("queue.region").unwrap(), None);
        assert!(paths.is_object("queue").unwrap());
        assert!(!paths.is_object("configuration").unwrap());
    }

    #[test]
    fn a_value_is_no_object_and_an_object_no_value() {
        let paths = paths(&["awsCredential", "queue.attributeNames.0"]).unwrap();
        assert!(paths.is_object("awsCredential").is_err());
        assert!(paths.value("queue.attributeNames").is_err());
    }

    #[test]
    fn refuses_contradicting_names_wherever_they_stand() {
        for names in
            [&["a", "a.b"][..], &["a.b.c", "z", "a.b"], &["a", "a."], &["a..b"], &["."], &["a-b", "a", "a.b"]]
        {
            assert!(matches!(paths(names), Err(InboundBindingError::MalformedPaths { .. })), "{names:?}");
        }
        assert!(paths(&["a.b", "ab", "a-b"]).is_ok());
    }
}
