//! The JSON documents that placeholders are replaced in.

use crate::{is_connection_field, placeholder::PREFIX};
use serde_json::Value;
use std::fmt;

/// A JSON document, whatever represents it.
pub trait Document: Sized + Send {
    /// What holds its texts.
    type Text: AsRef<str> + From<String> + Send;

    /// What the document is, and what is in it.
    fn contents(&mut self) -> Contents<'_, Self>;
}

/// What is in a document.
pub enum Contents<'a, D: Document> {
    /// It is a text.
    Text(&'a mut D::Text),
    /// It is a list of these.
    Items(&'a mut [D]),
    /// It is an object with these members.
    Members(Box<dyn DoubleEndedIterator<Item = (&'a str, &'a mut D)> + 'a>),
    /// It is nothing that can hold a text.
    Other,
}

impl Document for Value {
    type Text = String;

    fn contents(&mut self) -> Contents<'_, Self> {
        match self {
            Self::String(text) => Contents::Text(text),
            Self::Array(items) => Contents::Items(items),
            Self::Object(fields) => {
                Contents::Members(Box::new(fields.iter_mut().map(|(name, field)| (name.as_str(), field))))
            }
            Self::Null | Self::Bool(_) | Self::Number(_) => Contents::Other,
        }
    }
}

/// The texts of a document that may hold a placeholder, in document order.
pub struct Leaves<'a, D: Document>(
    /// Each with whether it says where and as whom to connect.
    pub(crate) Vec<(&'a mut D::Text, bool)>,
);

impl<'a, D: Document> Leaves<'a, D> {
    /// Those of a document.
    pub fn of(document: &'a mut D) -> Self {
        let mut found = Vec::new();
        let mut waiting = vec![(document, Path::default())];
        while let Some((document, path)) = waiting.pop() {
            match document.contents() {
                Contents::Text(text) if text.as_ref().contains(PREFIX) => {
                    found.push((text, is_connection_field(path.steps())));
                }
                Contents::Items(items) => {
                    waiting.extend(items.iter_mut().rev().map(|item| (item, path.step(ANY_INDEX))));
                }
                Contents::Members(members) => {
                    waiting.extend(members.rev().map(|(name, member)| (member, path.step(name))));
                }
                Contents::Text(_) | Contents::Other => {}
            }
        }
        Self(found)
    }

    /// True when no filter counts: all of them say where and as whom to connect, and there every name may stand.
    pub fn only_connect(&self) -> bool {
        self.0.iter().all(|(_, connection_field)| *connection_field)
    }
}

impl<D: Document> fmt::Debug for Leaves<'_, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Leaves").field("count", &self.0.len()).finish()
    }
}

/// What decides is that a step is an index, not which.
const ANY_INDEX: &str = "0";

/// The first three steps to a value: they decide what a field is.
#[derive(Clone, Copy, Default)]
struct Path<'a> {
    steps: [&'a str; 3],
    length: usize,
}

impl<'a> Path<'a> {
    fn step(mut self, name: &'a str) -> Self {
        if let Some(step) = self.steps.get_mut(self.length) {
            *step = name;
            self.length += 1;
        }
        self
    }

    fn steps(&self) -> &[&'a str] {
        self.steps.get(..self.length).unwrap_or_default()
    }
}
