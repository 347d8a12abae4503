//! The variables that the caller hands in.

use serde_json::{Map, Value as Json};

use crate::value::field;

/// JSON objects, of which later ones hide equal names of earlier ones.
#[derive(Clone, Debug, Default)]
pub(crate) struct Inputs<'a> {
    last: Option<&'a Map<String, Json>>,
    /// Those before, the latest first; mostly there is none, which takes no allocation.
    earlier: Vec<&'a Map<String, Json>>,
}

impl<'a> Inputs<'a> {
    /// Anything else than an object gives no variables.
    #[inline]
    pub(crate) fn new(contexts: &[&'a Json]) -> Self {
        if let [context] = contexts {
            return Self { last: context.as_object(), earlier: Vec::new() };
        }
        let mut objects = contexts.iter().rev().filter_map(|context| context.as_object());
        Self { last: objects.next(), earlier: objects.collect() }
    }

    pub(super) fn get(&self, name: &str) -> Option<&'a Json> {
        let last = self.last.and_then(|fields| field(fields, name));
        last.or_else(|| self.earlier.iter().find_map(|fields| field(fields, name)))
    }
}
