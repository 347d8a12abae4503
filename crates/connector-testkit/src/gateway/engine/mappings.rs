//! Input and output mappings.

use super::Engine;
use super::documents::normalise;
use crate::gateway::bpmn::{Mapping, Value as Expression};
use serde_json::{Map, Value};

impl Engine {
    /// Evaluates input mappings in an element's scope and sets their results there.
    ///
    /// # Errors
    /// What an expression could not be evaluated for.
    pub(super) fn apply_inputs(&mut self, element: i64, mappings: &[Mapping]) -> Result<(), String> {
        if mappings.is_empty() {
            return Ok(());
        }
        let result = self.map(element, mappings, false)?;
        self.set_local(element, result);
        Ok(())
    }

    /// Ends an element's variables: output mappings go to the scope around it, else event or job variables
    /// go to the nearest scope that has them.
    ///
    /// # Errors
    /// What an expression could not be evaluated for.
    pub(super) fn apply_outputs(
        &mut self,
        element: i64,
        mappings: &[Mapping],
        variables: Option<Map<String, Value>>,
    ) -> Result<(), String> {
        if mappings.is_empty() {
            if let Some(variables) = variables {
                self.propagate(element, variables);
            }
            return Ok(());
        }
        if let Some(variables) = variables {
            self.set_local(element, variables);
        }
        let result = self.map(element, mappings, true)?;
        let scope = self.elements.get(&element).map_or(0, |element| element.scope);
        self.propagate(scope, result);
        Ok(())
    }

    /// Evaluates mappings in order; a later one sees the results of the earlier ones.
    ///
    /// A path target of an output extends the variable that is there; that of an input makes a new one.
    fn map(&self, element: i64, mappings: &[Mapping], extend: bool) -> Result<Map<String, Value>, String> {
        let mut result = Value::Object(Map::new());
        for mapping in mappings {
            let mut contexts = self.contexts(element);
            let value = match &mapping.source {
                Expression::Literal(text) => Value::String(text.clone()),
                Expression::Feel(expression) => {
                    contexts.push(&result);
                    let mut value = expression.evaluate(&contexts).map_err(|error| error.to_string())?;
                    // A result that Zeebe could not store is no value there either.
                    if normalise(&mut value).is_err() {
                        value = Value::Null;
                    }
                    value
                }
            };
            let known = match (extend, mapping.target.first()) {
                (true, Some(name)) => {
                    self.contexts(element).iter().rev().find_map(|scope| scope.get(name)).cloned()
                }
                _ => None,
            };
            put(&mut result, &mapping.target, value, known);
        }
        match result {
            Value::Object(map) => Ok(map),
            _ => Ok(Map::new()),
        }
    }
}

/// Puts a value at a path; `known` is what the path's first name stands for already.
fn put(target: &mut Value, path: &[String], value: Value, known: Option<Value>) {
    let Some((name, rest)) = path.split_first() else {
        *target = value;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    if let Value::Object(map) = target {
        let entry = map.entry(name.clone()).or_insert_with(|| match known {
            Some(known) if !rest.is_empty() => known,
            _ => Value::Null,
        });
        put(entry, rest, value, None);
    }
}
