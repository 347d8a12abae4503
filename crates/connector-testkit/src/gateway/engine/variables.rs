//! Variables and their scopes: an element sees its own and those of every scope around it.

use super::Engine;
use super::documents::sorted_names;
use crate::gateway::bpmn::Value as Expression;
use serde_json::{Map, Value};
use std::collections::HashSet;

impl Engine {
    /// The variable objects that a scope sees, the outermost first.
    pub(super) fn contexts(&self, scope: i64) -> Vec<&Value> {
        let mut contexts = Vec::new();
        let mut key = scope;
        while let Some(element) = self.elements.get(&key) {
            contexts.push(&element.variables);
            key = element.scope;
        }
        contexts.reverse();
        contexts
    }

    /// Evaluates an expression in a scope.
    ///
    /// # Errors
    /// The FEEL engine's message.
    pub(super) fn evaluate(&self, expression: &Expression, scope: i64) -> Result<Value, String> {
        match expression {
            Expression::Literal(text) => Ok(Value::String(text.clone())),
            Expression::Feel(expression) => {
                expression.evaluate(&self.contexts(scope)).map_err(|error| error.to_string())
            }
        }
    }

    /// All variables that a scope sees, or those with the names given, as a JSON object.
    pub(crate) fn variables_text(&self, scope: i64, names: &[String]) -> String {
        let mut document = Map::new();
        let mut seen: HashSet<&str> = HashSet::new();
        for context in self.contexts(scope).into_iter().rev() {
            let Value::Object(variables) = context else { continue };
            for name in sorted_names(variables) {
                let wanted = names.is_empty() || names.contains(name);
                if wanted && seen.insert(name) {
                    document.extend(variables.get(name).map(|value| (name.clone(), value.clone())));
                }
            }
        }
        Value::Object(document).to_string()
    }

    /// Sets variables in a scope itself.
    pub(super) fn set_local(&mut self, scope: i64, variables: Map<String, Value>) {
        if let Some(Value::Object(local)) =
            self.elements.get_mut(&scope).map(|element| &mut element.variables)
        {
            local.extend(variables);
        }
    }

    /// Sets each variable in the nearest scope that has it, else in the process instance.
    pub(super) fn propagate(&mut self, scope: i64, variables: Map<String, Value>) {
        for (name, value) in variables {
            let mut key = scope;
            let owner = loop {
                let Some(element) = self.elements.get(&key) else { break None };
                if element.scope == 0 || element.variables.get(&name).is_some() {
                    break Some(key);
                }
                key = element.scope;
            };
            if let Some(Value::Object(local)) =
                owner.and_then(|key| self.elements.get_mut(&key)).map(|element| &mut element.variables)
            {
                local.insert(name, value);
            }
        }
    }

    /// The variables of an instance's root scope.
    pub(crate) fn root_variables(&self, instance: i64) -> Map<String, Value> {
        match self.elements.get(&instance).map(|root| &root.variables) {
            Some(Value::Object(variables)) => variables.clone(),
            _ => self
                .instances
                .get(&instance)
                .map(|instance| instance.final_variables.clone())
                .unwrap_or_default(),
        }
    }
}
