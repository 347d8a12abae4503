//! Lists, borrowed from JSON or made by an evaluation.

use std::rc::Rc;

use serde_json::Value as Json;

use super::Value;

/// A list of values; cloning it is cheap.
#[derive(Clone, Debug)]
pub enum List<'a> {
    /// A JSON array, whose items become values when they are asked for.
    Json(&'a [Json]),
    /// Items that an evaluation made.
    Shared(Rc<Vec<Value<'a>>>),
}

impl<'a> List<'a> {
    /// The number of items.
    pub fn len(&self) -> usize {
        match self {
            Self::Json(items) => items.len(),
            Self::Shared(items) => items.len(),
        }
    }

    /// Whether there is no item.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The item at a position counted from 0.
    pub fn get(&self, index: usize) -> Option<Value<'a>> {
        match self {
            Self::Json(items) => items.get(index).map(Value::from_json),
            Self::Shared(items) => items.get(index).cloned(),
        }
    }

    /// The items in their order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Value<'a>> + '_ {
        (0..self.len()).filter_map(|index| self.get(index))
    }

    /// The items as a vector that the caller may change.
    pub fn to_vec(&self) -> Vec<Value<'a>> {
        match self {
            Self::Json(items) => items.iter().map(Value::from_json).collect(),
            Self::Shared(items) => items.to_vec(),
        }
    }
}

impl<'a> From<Vec<Value<'a>>> for List<'a> {
    fn from(items: Vec<Value<'a>>) -> Self {
        Self::Shared(Rc::new(items))
    }
}
