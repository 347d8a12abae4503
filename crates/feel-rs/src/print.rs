//! The syntax tree as text, for error messages and for people.

use std::fmt::Write;

use crate::syntax::{RangeNode, Tree};

/// A range in the reference's notation for syntax trees.
pub(crate) fn range(tree: &Tree, range: &RangeNode) -> String {
    let mut text = String::new();
    let _ = write!(text, "{:?}..{:?}", tree.node(range.start), tree.node(range.end));
    text
}
