//! Lists, borrowed from JSON or made by an evaluation.

use std::rc::Rc;

use serde_json::Value as Json;

use super::{
    Value,
    size::{Size, json_weight},
};

/// A list of values; cloning it is cheap.
#[derive(Clone, Debug)]
pub enum List<'a> {
    /// A JSON array, whose items become values when they are asked for.
    Json(&'a [Json]),
    /// Items that an evaluation made.
    Shared(SharedList<'a>),
}

/// The items of a list that an evaluation made; cloning it is cheap.
#[derive(Clone, Debug)]
pub struct SharedList<'a>(Rc<Items<'a>>);

#[derive(Debug)]
struct Items<'a> {
    values: Vec<Value<'a>>,
    size: Size,
}

impl<'a> List<'a> {
    /// The number of items.
    pub fn len(&self) -> usize {
        match self {
            Self::Json(items) => items.len(),
            Self::Shared(items) => items.values().len(),
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
            Self::Shared(items) => items.values().get(index).cloned(),
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
            Self::Shared(items) => items.values().to_vec(),
        }
    }

    pub(super) fn size(&self) -> Size {
        match self {
            Self::Json(items) => Size { weight: 1 + items.iter().map(json_weight).sum::<usize>(), depth: 1 },
            Self::Shared(items) => items.size(),
        }
    }
}

impl<'a> From<Vec<Value<'a>>> for List<'a> {
    fn from(items: Vec<Value<'a>>) -> Self {
        let size = Size::around(items.iter());
        Self::Shared(SharedList(Rc::new(Items { values: items, size })))
    }
}

impl<'a> SharedList<'a> {
    pub(super) fn size(&self) -> Size {
        self.0.size
    }

    /// The items in their order.
    pub fn values(&self) -> &[Value<'a>] {
        &self.0.values
    }
}
