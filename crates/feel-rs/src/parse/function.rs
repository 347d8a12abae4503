//! Calls and definitions of functions.

use super::{Parsed, Parser};
use crate::syntax::{Arguments, Call, Node, NodeId};

/// Functions whose names contain a reserved word, so that they are no ordinary names.
const FUNCTIONS_WITH_RESERVED_WORDS: [&str; 5] =
    ["and", "or", "date and time", "years and months duration", "get or else"];

impl<'t> Parser<'t> {
    pub(super) fn function_call(&mut self, position: usize) -> Parsed<NodeId> {
        let (names, end) = self.function_name(position)?;
        let open = self.token(end, "(")?;
        let (name, path) = names.split_last()?;
        let (arguments, end) = self.arguments(open)?;
        let call = Box::new(Call { name: (*name).into(), arguments, target: None, constant: None });
        let node = match Self::to_reference(path) {
            Some(path) => Node::QualifiedCall(path, call),
            None => Node::Call(call),
        };
        self.add(node, end)
    }

    fn function_name(&mut self, position: usize) -> Parsed<Vec<&'t str>> {
        if let Some((name, end)) = self.spaced_identifier(position) {
            return Some((vec![name], end));
        }
        for name in FUNCTIONS_WITH_RESERVED_WORDS {
            if let Some(end) = self.literal(position, name) {
                return Some((vec![name], end));
            }
        }
        self.qualified_name(position)
    }

    fn arguments(&mut self, position: usize) -> Parsed<Arguments> {
        if let Some((named, end)) = self.named_arguments(position)
            && let Some(end) = self.token(end, ")")
        {
            return Some((Arguments::Named(named.into()), end));
        }
        let (items, end) = self.separated(position, Self::argument);
        let end = self.token(end, ")")?;
        Some((Arguments::Positional(items.into()), end))
    }

    fn named_arguments(&mut self, position: usize) -> Parsed<Vec<(Box<str>, NodeId)>> {
        let (items, end) = self.separated(position, Self::named_argument);
        if items.is_empty() {
            return None;
        }
        let mut unique: Vec<(Box<str>, NodeId)> = Vec::with_capacity(items.len());
        for (name, value) in items {
            match unique.iter_mut().find(|(known, _)| *known == name) {
                Some(entry) => entry.1 = value,
                None => unique.push((name, value)),
            }
        }
        Some((unique, end))
    }

    fn named_argument(&mut self, position: usize) -> Parsed<(Box<str>, NodeId)> {
        let position = self.space(position);
        let (name, end) = self.parameter_name(position)?;
        let start = self.token(end, ":")?;
        let (value, end) = self.argument(start)?;
        Some(((name.into(), value), end))
    }

    /// A range or an expression: only here is a range a value.
    fn argument(&mut self, position: usize) -> Parsed<NodeId> {
        let position = self.space(position);
        match self.range(position) {
            Some((range, end)) => self.add(Node::Range(range), end),
            None => self.expression(position),
        }
    }

    pub(super) fn function_definition(&mut self, position: usize) -> Parsed<NodeId> {
        let end = self.literal(position, "function")?;
        let open = self.token(end, "(")?;
        let (parameters, end) = self.separated(open, Self::parameter);
        let end = self.token(end, ")")?;
        let (body, end) = self.external_function(end).or_else(|| self.expression(end))?;
        self.add(Node::Function(parameters.into(), body), end)
    }

    fn parameter(&mut self, position: usize) -> Parsed<Box<str>> {
        let position = self.space(position);
        self.parameter_name(position).map(|(name, end)| (name.into(), end))
    }

    /// `external {java: {class: "…", method signature: "f(…)"}}`
    fn external_function(&mut self, position: usize) -> Parsed<NodeId> {
        let mut end = position;
        for token in ["external", "{", "java", ":", "{", "class", ":"] {
            end = self.token(end, token)?;
        }
        let start = self.space(end);
        let (_, mut end) = self.quoted(start)?;
        for token in [",", "method signature", ":"] {
            end = self.token(end, token)?;
        }
        let mut end = self.method_signature(end)?;
        for token in ["}", "}"] {
            end = self.token(end, token)?;
        }
        self.add(Node::External, end)
    }

    /// `"max(double, java.lang.Double)"`: no text, but names in quotes.
    fn method_signature(&mut self, position: usize) -> Option<usize> {
        let quote = self.token(position, "\"")?;
        let start = self.space(quote);
        let (_, end) = self.name(start)?;
        let open = self.token(end, "(")?;
        let (_, end) = self.separated(open, |parser, position| {
            let position = parser.space(position);
            parser.qualified_name(position)
        });
        let end = self.token(end, ")")?;
        self.token(end, "\"")
    }
}
