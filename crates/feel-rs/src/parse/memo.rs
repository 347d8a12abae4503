//! What a rule answered at a position.

use super::Parsed;
use crate::syntax::NodeId;

/// The rules that many others fall back on.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Rule {
    Expression,
    Math,
}

const RULES: usize = 2;
const UNKNOWN: u32 = u32::MAX;
const FAILED: u32 = u32::MAX - 1;

/// One slot for each rule and position.
#[derive(Debug)]
pub(crate) struct Memo {
    slots: Vec<(u32, u32)>,
}

impl Memo {
    /// For a text of so many bytes.
    pub(crate) fn new(length: usize) -> Self {
        Self { slots: vec![(UNKNOWN, 0); (length + 1) * RULES] }
    }

    /// `None` when the rule was not tried here.
    pub(crate) fn get(&self, rule: Rule, position: usize) -> Option<Parsed<NodeId>> {
        let (end, node) = *self.slots.get(Self::slot(rule, position))?;
        match end {
            UNKNOWN => None,
            FAILED => Some(None),
            end => Some(Some((NodeId::from_number(node), usize::try_from(end).ok()?))),
        }
    }

    pub(crate) fn put(&mut self, rule: Rule, position: usize, result: Parsed<NodeId>) {
        let entry = match result {
            None => (FAILED, 0),
            Some((node, end)) => match u32::try_from(end) {
                Ok(end) => (end, node.number()),
                Err(_) => return,
            },
        };
        if let Some(slot) = self.slots.get_mut(Self::slot(rule, position)) {
            *slot = entry;
        }
    }

    /// Where the rule started when it stopped at a position, in ascending order.
    pub(crate) fn positions_ending_at(&self, rule: Rule, end: usize) -> Vec<usize> {
        (0..=end)
            .filter(|start| matches!(self.get(rule, *start), Some(Some((_, stop))) if stop == end))
            .collect()
    }

    fn slot(rule: Rule, position: usize) -> usize {
        let offset = match rule {
            Rule::Expression => 0,
            Rule::Math => 1,
        };
        position * RULES + offset
    }
}
