//! Arithmetic, values and literals.

use super::{Parsed, Parser, memo::Rule};
use crate::{
    decimal::Decimal,
    syntax::{Entry, FilterKind, Node, NodeId, Operator, Reference, Step},
    temporal_text::{TemporalKind, read_temporal},
};

/// Longer words first.
const TEMPORAL_FUNCTIONS: [(&str, TemporalKind); 4] = [
    ("duration", TemporalKind::Duration),
    ("date and time", TemporalKind::DateTime),
    ("date", TemporalKind::Date),
    ("time", TemporalKind::Time),
];

impl Parser<'_> {
    /// Arithmetic, or just a value.
    pub(super) fn math(&mut self, position: usize) -> Parsed<NodeId> {
        self.nested(Rule::Math, position, |parser| parser.sum(position))
    }

    fn sum(&mut self, position: usize) -> Parsed<NodeId> {
        self.operators(position, Self::product, |parser, at| match parser.byte(at)? {
            b'+' => Some((Operator::Add, at + 1)),
            b'-' => Some((Operator::Subtract, at + 1)),
            _ => None,
        })
    }

    fn product(&mut self, position: usize) -> Parsed<NodeId> {
        self.operators(position, Self::power, |parser, at| match parser.byte(at)? {
            b'*' => Some((Operator::Multiply, at + 1)),
            b'/' => Some((Operator::Divide, at + 1)),
            _ => None,
        })
    }

    fn power(&mut self, position: usize) -> Parsed<NodeId> {
        self.operators(position, Self::negation, |parser, at| {
            parser.literal(at, "**").map(|end| (Operator::Power, end))
        })
    }

    fn operators(
        &mut self,
        position: usize,
        operand: fn(&mut Self, usize) -> Parsed<NodeId>,
        operator: fn(&Self, usize) -> Parsed<Operator>,
    ) -> Parsed<NodeId> {
        let (first, mut end) = operand(self, position)?;
        let mut rest = Vec::new();
        loop {
            let at = self.space(end);
            let Some((symbol, after)) = operator(self, at) else { break };
            let start = self.space(after);
            let Some((next, stop)) = operand(self, start) else { break };
            rest.push((symbol, next));
            end = stop;
        }
        if rest.is_empty() {
            return Some((first, end));
        }
        self.add(Node::Arithmetic(first, rest.into()), end)
    }

    fn negation(&mut self, position: usize) -> Parsed<NodeId> {
        let Some(after) = self.literal(position, "-") else {
            return self.value(position);
        };
        let start = self.space(after);
        let (value, end) = self.value(start)?;
        self.add(Node::Negate(value), end)
    }

    /// A single value with the paths and filters after it.
    pub(super) fn value(&mut self, position: usize) -> Parsed<NodeId> {
        let (base, mut end) = self.terminal(position)?;
        let mut steps = Vec::new();
        while let Some((step, stop)) = self.path(end).or_else(|| self.filter(end)) {
            steps.push(step);
            end = stop;
        }
        if steps.is_empty() {
            return Some((base, end));
        }
        self.add(Node::Chain(base, steps.into()), end)
    }

    fn path(&mut self, position: usize) -> Parsed<Step> {
        let dot = self.token(position, ".")?;
        let start = self.space(dot);
        let (name, end) = self.property_name(start)?;
        Some((Step::Path(name.into()), end))
    }

    fn filter(&mut self, position: usize) -> Parsed<Step> {
        let start = self.token(position, "[")?;
        let (filter, end) = self.expression(start)?;
        let end = self.token(end, "]")?;
        Some((Step::Filter(filter, self.filter_kind(filter)), end))
    }

    fn filter_kind(&self, filter: NodeId) -> FilterKind {
        match self.tree.node(filter) {
            Node::Number(index) => FilterKind::Index(index.clone()),
            Node::Negate(number) => match self.tree.node(*number) {
                Node::Number(index) => FilterKind::Index(index.neg()),
                _ => FilterKind::Probe,
            },
            Node::Compare(..) | Node::Call(_) | Node::QualifiedCall(..) => FilterKind::PerItem,
            _ => FilterKind::Probe,
        }
    }

    fn terminal(&mut self, position: usize) -> Parsed<NodeId> {
        self.temporal(position)
            .or_else(|| self.function_call(position))
            .or_else(|| self.reference(position))
            .or_else(|| self.literal_value(position))
            .or_else(|| self.literal(position, "?").and_then(|end| self.add(Node::Input, end)))
            .or_else(|| self.function_definition(position))
            .or_else(|| self.parenthesised(position))
    }

    fn parenthesised(&mut self, position: usize) -> Parsed<NodeId> {
        let start = self.literal(position, "(")?;
        let (inner, end) = self.expression(start)?;
        let end = self.token(end, ")")?;
        self.closed.push((inner, end));
        Some((inner, end))
    }

    fn reference(&mut self, position: usize) -> Parsed<NodeId> {
        let (names, end) = self.qualified_name(position)?;
        let reference = Self::to_reference(&names)?;
        self.mentions_partial |= &*reference.name == "partial";
        self.add(Node::Reference(reference), end)
    }

    pub(super) fn to_reference(names: &[&str]) -> Option<Reference> {
        let (name, path) = names.split_first()?;
        Some(Reference { name: (*name).into(), path: path.iter().map(|key| Box::from(*key)).collect() })
    }

    fn temporal(&mut self, position: usize) -> Parsed<NodeId> {
        for (word, kind) in TEMPORAL_FUNCTIONS {
            if let Some(end) = self.literal(position, word) {
                let open = self.token(end, "(")?;
                let start = self.space(open);
                let (text, end) = self.quoted(start)?;
                let end = self.token(end, ")")?;
                return self.temporal_node(kind, text, end);
            }
        }
        let after = self.literal(position, "@")?;
        let start = self.space(after);
        let (text, end) = self.quoted(start)?;
        self.temporal_node(TemporalKind::Any, text, end)
    }

    fn temporal_node(&mut self, kind: TemporalKind, text: &str, end: usize) -> Parsed<NodeId> {
        let node = read_temporal(kind, text, self.now_seconds).map_or(Node::Null, Node::Temporal);
        self.add(node, end)
    }

    fn literal_value(&mut self, position: usize) -> Parsed<NodeId> {
        match self.byte(position)? {
            b'n' => self.literal(position, "null").and_then(|end| self.add(Node::Null, end)),
            b't' => self.literal(position, "true").and_then(|end| self.add(Node::Boolean(true), end)),
            b'f' => self.literal(position, "false").and_then(|end| self.add(Node::Boolean(false), end)),
            b'"' => {
                let (text, end) = self.quoted(position)?;
                self.add(Node::String(unescape(text).into()), end)
            }
            b'[' => self.list(position + 1),
            b'{' => self.context(position + 1),
            b'-' | b'.' | b'0'..=b'9' => self.number(position),
            _ => None,
        }
    }

    fn number(&mut self, position: usize) -> Parsed<NodeId> {
        let start = self.literal(position, "-").unwrap_or(position);
        let whole = self.digits(start);
        let fraction = if self.byte(whole) == Some(b'.') { self.digits(whole + 1) } else { whole };
        let end = match (whole > start, fraction > whole + 1) {
            (_, true) => fraction,
            (true, false) => whole,
            (false, false) => return None,
        };
        let number = Decimal::parse(self.slice(position, end)).ok()?;
        self.add(Node::Number(number), end)
    }

    fn digits(&self, mut position: usize) -> usize {
        while self.byte(position).is_some_and(|byte| byte.is_ascii_digit()) {
            position += 1;
        }
        position
    }

    fn list(&mut self, position: usize) -> Parsed<NodeId> {
        let (items, end) = self.separated(position, Self::expression);
        let end = self.token(end, "]")?;
        self.add(Node::List(items.into()), end)
    }

    fn context(&mut self, position: usize) -> Parsed<NodeId> {
        let (entries, end) = self.separated(position, Self::context_entry);
        let end = self.token(end, "}")?;
        self.add(Node::Context(entries.into()), end)
    }

    /// Items with commas between them; none is fine.
    pub(super) fn separated<T>(
        &mut self,
        position: usize,
        item: fn(&mut Self, usize) -> Parsed<T>,
    ) -> (Vec<T>, usize) {
        let mut items = Vec::new();
        let Some((first, mut end)) = item(self, position) else {
            return (items, position);
        };
        items.push(first);
        while let Some(comma) = self.token(end, ",") {
            match item(self, comma) {
                Some((next, stop)) => {
                    items.push(next);
                    end = stop;
                }
                None => break,
            }
        }
        (items, end)
    }

    fn context_entry(&mut self, position: usize) -> Parsed<Entry> {
        let position = self.space(position);
        for key in [Self::free_key, Self::spaced_key, Self::name_key, Self::quoted_key] {
            if let Some((name, end)) = key(self, position)
                && let Some(start) = self.token(end, ":")
            {
                let (value, end) = self.expression(start)?;
                return Some((Entry { key: name.into(), value, is_mentioned: true }, end));
            }
        }
        None
    }

    fn spaced_key(&mut self, position: usize) -> Parsed<String> {
        self.spaced_identifier(position).map(|(name, end)| (name.to_owned(), end))
    }

    fn name_key(&mut self, position: usize) -> Parsed<String> {
        self.name(position).map(|(name, end)| (name.to_owned(), end))
    }

    fn quoted_key(&mut self, position: usize) -> Parsed<String> {
        self.quoted(position).map(|(name, end)| (name.to_owned(), end))
    }

    /// Nearly any characters up to the colon.
    fn free_key(&mut self, position: usize) -> Parsed<String> {
        let mut next = position;
        let mut end = position;
        while let Some(c) = self.rest(next).chars().next() {
            if matches!(c, '"' | '{' | '}' | ':' | ',' | '[' | ']' | '`') {
                break;
            }
            end = next + c.len_utf8();
            next = self.space(end);
        }
        (end > position).then(|| (self.slice(position, end).to_owned(), end))
    }
}

/// Replaces the escape sequences that the language knows; others stay as written.
///
/// As in the reference a backslash after a backslash starts no sequence, and pairs of backslashes become one at the end.
fn unescape(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut after_backslash = false;
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        let replacement = match characters.peek() {
            Some(next) if c == '\\' => escaped(*next, after_backslash),
            _ => None,
        };
        match replacement {
            Some(replacement) => {
                after_backslash = characters.next() == Some('\\');
                result.push(replacement);
            }
            None => {
                after_backslash = c == '\\';
                result.push(c);
            }
        }
    }
    result
}

/// What a backslash and the character after it stand for.
fn escaped(next: char, after_backslash: bool) -> Option<char> {
    match next {
        '\\' => Some('\\'),
        _ if after_backslash => None,
        'n' => Some('\n'),
        'r' => Some('\r'),
        't' => Some('\t'),
        'b' => Some('\u{8}'),
        'f' => Some('\u{c}'),
        '\'' | '"' => Some(next),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::unescape;

    #[test]
    fn a_backslash_after_a_backslash_starts_no_sequence() {
        assert_eq!(unescape(r"a\\n"), r"a\n");
        assert_eq!(unescape(r"\\n"), r"\n");
        assert_eq!(unescape(r#"\\\""#), r#"\\""#);
        assert_eq!(unescape(r"\n\u0041"), "\n\\u0041");
    }
}
