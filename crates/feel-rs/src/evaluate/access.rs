//! Variables, paths and filters.

use serde_json::Value as Json;

use super::{Evaluator, Failure, WarningKind, or_null, scope::Scope};
use crate::{
    Value,
    decimal::Decimal,
    syntax::{FilterKind, NodeId, Reference, Step},
    value::{Context, List, field},
};

/// The reference marks items that a filter drops with this string, and so loses items that are this string.
const DROPPED_ITEM: &str = "_";

impl<'a> Evaluator<'a> {
    pub(super) fn variable(&self, name: &str, scope: &Scope<'a>) -> Option<Value<'a>> {
        scope.variable(name).or_else(|| self.inputs.get(name).map(Value::from_json))
    }

    pub(super) fn reference(
        &mut self,
        reference: &'a Reference,
        scope: &Scope<'a>,
    ) -> Result<Value<'a>, Failure> {
        if let Some(value) = scope.variable(&reference.name) {
            return self.follow(value, &reference.path);
        }
        let Some(json) = self.inputs.get(&reference.name) else {
            self.warn(WarningKind::NoVariableFound, || {
                format!("No variable found with name '{}'", reference.name)
            });
            return Ok(Value::Null);
        };
        match follow_in_json(json, &reference.path) {
            (found, []) => Ok(Value::from_json(found)),
            (found, rest) => self.follow(Value::from_json(found), rest),
        }
    }

    /// What a reference finds in the input, when its whole path is there.
    #[inline]
    pub(super) fn in_input(&self, reference: &Reference) -> Option<&'a Json> {
        match follow_in_json(self.inputs.get(&reference.name)?, &reference.path) {
            (found, []) => Some(found),
            _ => None,
        }
    }

    fn follow(&mut self, start: Value<'a>, path: &[Box<str>]) -> Result<Value<'a>, Failure> {
        let mut value = start;
        for key in path {
            if value.is_failure() {
                return Ok(value);
            }
            value = self.path(value, key)?;
        }
        Ok(value)
    }

    pub(super) fn chain(
        &mut self,
        base: NodeId,
        steps: &'a [Step],
        scope: &Scope<'a>,
    ) -> Result<Value<'a>, Failure> {
        let mut value = self.evaluate(base, scope)?;
        for step in steps {
            value = match step {
                Step::Path(_) if value.is_failure() => value,
                Step::Path(key) => self.path(value, key)?,
                Step::Filter(filter, kind) => or_null(self.filter(value, *filter, kind, scope)?),
            };
        }
        Ok(value)
    }

    /// The value of a key or property; of each item when it is a list.
    fn path(&mut self, value: Value<'a>, key: &str) -> Result<Value<'a>, Failure> {
        Ok(match &value {
            Value::Context(context) => context.get(key).unwrap_or_else(|| {
                self.warn(WarningKind::NoContextEntryFound, || no_entry(context, key));
                Value::Null
            }),
            Value::List(items) => {
                self.charge(items.len())?;
                let values: Result<_, _> = items.iter().map(|item| self.path(item, key)).collect();
                Value::list(values?)
            }
            Value::Null => {
                self.warn(WarningKind::NoContextEntryFound, || {
                    format!("No context entry found with key '{key}'. The context is null")
                });
                Value::Null
            }
            other => other.property(key).unwrap_or_else(|| {
                self.warn(WarningKind::NoPropertyFound, || no_property(other, key));
                Value::Null
            }),
        })
    }

    fn filter(
        &mut self,
        value: Value<'a>,
        filter: NodeId,
        kind: &FilterKind,
        scope: &Scope<'a>,
    ) -> Result<Value<'a>, Failure> {
        let items = match value {
            Value::List(items) => items,
            failure @ (Value::Error(_) | Value::FatalError(_)) => return Ok(failure),
            other => {
                self.expected("list", &other);
                return Ok(Value::Null);
            }
        };
        match kind {
            FilterKind::Index(index) => item_at(&items, index),
            FilterKind::PerItem => self.filter_items(&items, filter, scope),
            FilterKind::Probe => match self.evaluate(filter, scope)? {
                Value::Number(index) => item_at(&items, &index),
                _ => self.filter_items(&items, filter, scope),
            },
        }
    }

    /// The first item's answer decides whether the filter is a condition or an index.
    fn filter_items(
        &mut self,
        items: &List<'a>,
        filter: NodeId,
        scope: &Scope<'a>,
    ) -> Result<Value<'a>, Failure> {
        let mut kept = Vec::new();
        let mut inner = Scope::default();
        for (position, item) in items.iter().enumerate() {
            self.charge(1)?;
            self.enter_item(&mut inner, &item, scope);
            let answer = self.evaluate(filter, &inner)?;
            match answer {
                Value::Number(index) if position == 0 => return item_at(items, &index),
                Value::Error(_) | Value::FatalError(_) if position == 0 => return Ok(answer),
                Value::Boolean(true) if position == 0 || !is_dropped_item(&item) => kept.push(item),
                _ => {}
            }
        }
        Ok(Value::list(kept))
    }

    /// Makes `inner` the scope of an item: its own keys hide everything outside, and `item` is the item unless it has a
    /// key of that name.
    fn enter_item(&self, inner: &mut Scope<'a>, item: &Value<'a>, outer: &Scope<'a>) {
        match item {
            Value::Context(context) if self.program.tree.ignores_item => {
                inner.replace_entries(outer, context.clone());
            }
            Value::Context(context) => {
                *inner = outer.with_entry("item", item.clone()).with_entries(context.clone());
            }
            _ if self.program.tree.ignores_item => *inner = outer.clone(),
            _ => inner.replace_entry(outer, "item", item.clone()),
        }
    }
}

/// Follows a path as far as objects have its keys, without making values of them; what is left of it comes second.
fn follow_in_json<'a, 'p>(input: &'a Json, path: &'p [Box<str>]) -> (&'a Json, &'p [Box<str>]) {
    let (mut json, mut path) = (input, path);
    while let ([key, rest @ ..], Json::Object(fields)) = (path, json)
        && let Some(next) = field(fields, key)
    {
        (json, path) = (next, rest);
    }
    (json, path)
}

fn is_dropped_item(item: &Value<'_>) -> bool {
    matches!(item, Value::String(text) if text.as_str() == DROPPED_ITEM)
}

/// Positions count from 1, negative ones from the end; a fraction is cut off.
fn item_at<'a>(items: &List<'a>, index: &Decimal) -> Result<Value<'a>, Failure> {
    let size = Decimal::from_usize(items.len());
    let offset = if index.is_positive() { index.sub(&Decimal::ONE)? } else { size.add(index)? };
    if offset.is_negative() || offset >= size {
        return Ok(Value::Null);
    }
    let position = usize::try_from(offset.long_value()).ok();
    Ok(position.and_then(|position| items.get(position)).unwrap_or(Value::Null))
}

fn no_entry(context: &Context<'_>, key: &str) -> String {
    let keys = context.quoted_keys();
    if keys.is_empty() {
        return format!("No context entry found with key '{key}'. The context is empty");
    }
    format!("No context entry found with key '{key}'. Available keys: {}", keys.join(", "))
}

fn no_property(value: &Value<'_>, key: &str) -> String {
    let names: Vec<String> = value.property_names().iter().map(|name| format!("'{name}'")).collect();
    format!(
        "No property found with name '{key}' of value '{value}'. Available properties: {}",
        names.join(", ")
    )
}
