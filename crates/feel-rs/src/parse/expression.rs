//! Expressions from `if` down to comparisons.

use super::{Parsed, Parser, memo::Rule};
use crate::syntax::{Comparison, Iterator, Node, NodeId};

/// Longer symbols first.
const COMPARISONS: [(&str, Option<Comparison>); 6] = [
    ("<=", Some(Comparison::LessOrEqual)),
    (">=", Some(Comparison::GreaterOrEqual)),
    ("!=", None),
    ("<", Some(Comparison::Less)),
    (">", Some(Comparison::Greater)),
    ("=", Some(Comparison::Equal)),
];

impl Parser<'_> {
    pub(super) fn expression(&mut self, position: usize) -> Parsed<NodeId> {
        let position = self.space(position);
        self.nested(Rule::Expression, position, |parser| {
            parser
                .conditional(position)
                .or_else(|| parser.for_loop(position))
                .or_else(|| parser.quantified(position))
                .or_else(|| parser.disjunction(position))
        })
    }

    fn conditional(&mut self, position: usize) -> Parsed<NodeId> {
        let end = self.literal(position, "if")?;
        let (condition, end) = self.expression(end)?;
        let end = self.token(end, "then")?;
        let (then, end) = self.expression(end)?;
        let end = self.token(end, "else")?;
        let (otherwise, end) = self.expression(end)?;
        self.add(Node::If(condition, then, otherwise), end)
    }

    fn for_loop(&mut self, position: usize) -> Parsed<NodeId> {
        let end = self.literal(position, "for")?;
        let (iterators, end) = self.iterators(end)?;
        let end = self.token(end, "return")?;
        let (body, end) = self.expression(end)?;
        self.add(Node::For(iterators, body), end)
    }

    fn quantified(&mut self, position: usize) -> Parsed<NodeId> {
        let some = self.literal(position, "some");
        let end = some.or_else(|| self.literal(position, "every"))?;
        let (iterators, end) = self.iterators(end)?;
        let end = self.token(end, "satisfies")?;
        let (condition, end) = self.expression(end)?;
        let node = match some {
            Some(_) => Node::Some(iterators, condition),
            None => Node::Every(iterators, condition),
        };
        self.add(node, end)
    }

    pub(super) fn iterators(&mut self, position: usize) -> Parsed<Box<[Iterator]>> {
        let (first, mut end) = self.iterator(position)?;
        let mut iterators = vec![first];
        while let Some(comma) = self.token(end, ",") {
            match self.iterator(comma) {
                Some((iterator, stop)) => {
                    iterators.push(iterator);
                    end = stop;
                }
                None => break,
            }
        }
        Some((iterators.into(), end))
    }

    fn iterator(&mut self, position: usize) -> Parsed<Iterator> {
        let position = self.space(position);
        let (name, end) = self.name(position)?;
        let end = self.token(end, "in")?;
        let start = self.space(end);
        let (source, end) = self.iteration(start).or_else(|| self.value(start))?;
        Some((Iterator { name: name.into(), source }, end))
    }

    fn iteration(&mut self, position: usize) -> Parsed<NodeId> {
        let (start, end) = self.math(position)?;
        let dots = self.token(end, "..")?;
        let second = self.space(dots);
        let (stop, end) = self.math(second)?;
        self.add(Node::Iteration(start, stop), end)
    }

    fn disjunction(&mut self, position: usize) -> Parsed<NodeId> {
        self.joined(position, "or", Self::conjunction, Node::Or)
    }

    fn conjunction(&mut self, position: usize) -> Parsed<NodeId> {
        self.joined(position, "and", Self::comparison_or_test, Node::And)
    }

    fn joined(
        &mut self,
        position: usize,
        word: &str,
        operand: fn(&mut Self, usize) -> Parsed<NodeId>,
        node: fn(Box<[NodeId]>) -> Node,
    ) -> Parsed<NodeId> {
        let (first, mut end) = operand(self, position)?;
        let mut operands = Vec::new();
        while let Some(start) = self.token(end, word) {
            let start = self.space(start);
            match operand(self, start) {
                Some((next, stop)) => {
                    if operands.is_empty() {
                        operands.push(first);
                    }
                    operands.push(next);
                    end = stop;
                }
                None => break,
            }
        }
        if operands.is_empty() {
            return Some((first, end));
        }
        self.add(node(operands.into()), end)
    }

    fn comparison_or_test(&mut self, position: usize) -> Parsed<NodeId> {
        match self.math(position) {
            Some((value, end)) => Some(self.comparison(value, end).unwrap_or((value, end))),
            None => self.simple_unary_test(position),
        }
    }

    fn comparison(&mut self, value: NodeId, position: usize) -> Parsed<NodeId> {
        let position = self.space(position);
        for (symbol, comparison) in COMPARISONS {
            if let Some(end) = self.literal(position, symbol) {
                let start = self.space(end);
                let (other, end) = self.math(start)?;
                let node = match comparison {
                    Some(comparison) => Node::Compare(comparison, value, other),
                    None => Node::NotEqual(value, other),
                };
                return self.add(node, end);
            }
        }
        self.between(value, position)
            .or_else(|| self.instance_of(value, position))
            .or_else(|| self.membership(value, position))
    }

    fn between(&mut self, value: NodeId, position: usize) -> Parsed<NodeId> {
        let end = self.literal(position, "between")?;
        let start = self.space(end);
        let (low, end) = self.math(start)?;
        let end = self.token(end, "and")?;
        let start = self.space(end);
        let (high, end) = self.math(start)?;
        self.add(Node::Between(value, low, high), end)
    }

    fn instance_of(&mut self, value: NodeId, position: usize) -> Parsed<NodeId> {
        let end = self.literal(position, "instance")?;
        let end = self.token(end, "of")?;
        let start = self.space(end);
        for name in ["years and months duration", "days and time duration", "date and time", "function"] {
            if let Some(end) = self.literal(start, name) {
                return self.add(Node::InstanceOf(value, name.into()), end);
            }
        }
        let (names, end) = self.qualified_name(start)?;
        self.add(Node::InstanceOf(value, names.join(".").into()), end)
    }

    fn membership(&mut self, value: NodeId, position: usize) -> Parsed<NodeId> {
        let end = self.literal(position, "in")?;
        let start = self.space(end);
        let (test, end) = self.tests_in_parentheses(start).or_else(|| self.positive_unary_test(start))?;
        self.add(Node::In(value, test), end)
    }
}
