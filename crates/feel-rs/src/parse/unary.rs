//! Unary tests: `< 5`, `[1..3]`, `"a", "b"`, `not(…)`, `-`.

use super::{Parsed, Parser};
use crate::syntax::{Comparison, Node, NodeId, RangeNode};

/// Longer symbols first.
const COMPARISONS: [(&str, Comparison); 4] = [
    ("<=", Comparison::LessOrEqual),
    (">=", Comparison::GreaterOrEqual),
    ("<", Comparison::Less),
    (">", Comparison::Greater),
];

impl Parser<'_> {
    /// A whole cell of a decision table.
    pub(super) fn unary_tests(&mut self, position: usize) -> Parsed<NodeId> {
        let position = self.space(position);
        self.negated_tests(position).or_else(|| self.positive_unary_tests(position)).or_else(|| {
            let end = self.literal(position, "-")?;
            self.add(Node::Boolean(true), end)
        })
    }

    fn negated_tests(&mut self, position: usize) -> Parsed<NodeId> {
        let end = self.literal(position, "not")?;
        let start = self.space(end);
        let (tests, end) = self.tests_in_parentheses(start)?;
        self.add(Node::Not(tests), end)
    }

    pub(super) fn tests_in_parentheses(&mut self, position: usize) -> Parsed<NodeId> {
        let start = self.literal(position, "(")?;
        let (tests, end) = self.positive_unary_tests(start)?;
        let end = self.token(end, ")")?;
        self.closed.push((tests, end));
        Some((tests, end))
    }

    fn positive_unary_tests(&mut self, position: usize) -> Parsed<NodeId> {
        let start = self.space(position);
        let (first, mut end) = self.positive_unary_test(start)?;
        let mut tests = vec![first];
        while let Some(comma) = self.token(end, ",") {
            let start = self.space(comma);
            match self.positive_unary_test(start) {
                Some((test, stop)) => {
                    tests.push(test);
                    end = stop;
                }
                None => break,
            }
        }
        match tests.as_slice() {
            [only] => Some((*only, end)),
            _ => self.add(Node::AnyOf(tests.into()), end),
        }
    }

    pub(super) fn positive_unary_test(&mut self, position: usize) -> Parsed<NodeId> {
        for (word, value) in [("true", true), ("false", false)] {
            if let Some(end) = self.literal(position, word)
                && self.space(end) == self.text.len()
            {
                return self.add(Node::InputEquals(value), end);
            }
        }
        if let Some(test) = self.simple_unary_test(position) {
            return Some(test);
        }
        let (expression, end) = self.expression(position)?;
        self.add(Node::UnaryTest(expression), end)
    }

    pub(super) fn simple_unary_test(&mut self, position: usize) -> Parsed<NodeId> {
        for (symbol, comparison) in COMPARISONS {
            if let Some(end) = self.literal(position, symbol) {
                let start = self.space(end);
                match self.math(start) {
                    Some((endpoint, end)) => return self.add(Node::InputCompare(comparison, endpoint), end),
                    None => break,
                }
            }
        }
        let (range, end) = self.range(position)?;
        self.add(Node::InputInRange(range), end)
    }

    pub(super) fn range(&mut self, position: usize) -> Parsed<RangeNode> {
        let start_closed = match self.byte(position)? {
            b'[' => true,
            b'(' | b']' => false,
            _ => return None,
        };
        let first = self.space(position + 1);
        let (start, end) = self.math(first)?;
        let dots = self.token(end, "..")?;
        let second = self.space(dots);
        let (stop, end) = self.math(second)?;
        let last = self.space(end);
        let end_closed = match self.byte(last)? {
            b']' => true,
            b')' | b'[' => false,
            _ => return None,
        };
        Some((RangeNode { start, end: stop, start_closed, end_closed }, last + 1))
    }
}
