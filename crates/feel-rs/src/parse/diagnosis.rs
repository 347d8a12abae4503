//! What could have followed where an expression ends too early, in the reference's notation.
//!
//! The reference lists the rules that it tried exactly there. Which ones these are follows from what was read last.

use super::{Parsed, Parser};
use crate::syntax::{Node, NodeId};

const EXPRESSION: &str = "(ifOp | forOp | quantifiedOp | disjunction)";
const COMPARISON: [&str; 4] = ["binaryComparison", "between", "instanceOf", "in"];
const OPERATORS: [&str; 5] = ["path", "filter", "\"**\"", "[*/]", "[+\\\\-]"];

/// What was read last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tail {
    /// A value that may yet be compared; a keyword read as a name when it stands where an expression may start.
    Value { keyword: Option<&'static str> },
    /// The right side of a comparison.
    Operand,
    /// The name of a type.
    TypeName,
    /// Something that only `and` and `or` may follow.
    Test,
    /// `in` and a name, which may have been meant as `instance of`.
    MaybeInstance,
}

impl Parser<'_> {
    /// The rules that were tried at a position behind an expression.
    pub(super) fn labels_after(&mut self, root: NodeId, end: usize, position: usize) -> String {
        let mut labels = Vec::new();
        match self.tail(root, end, true) {
            Tail::Value { keyword } => {
                if let Some(keyword) = keyword {
                    labels.push(self.keyword_labels(keyword, position));
                }
                labels.extend(COMPARISON.map(str::to_owned));
            }
            Tail::MaybeInstance => {
                let of = self.literal(position, "of").is_some();
                labels.push(if of { "\"of\" ~ typeName" } else { "\"of\"" }.to_owned());
                labels.extend(COMPARISON.map(str::to_owned));
            }
            Tail::Operand => labels.extend(OPERATORS.map(str::to_owned)),
            Tail::TypeName => {
                let dot = self.literal(position, ".").is_some();
                labels.push(if dot { "\".\" ~ (valueProperty | name)" } else { "\".\"" }.to_owned());
            }
            Tail::Test => {}
        }
        labels.push(self.started(position, "and", "(addSub | unaryComparison | range)"));
        labels.push(self.started(position, "or", "conjunction"));
        labels.push("end-of-input".to_owned());
        format!("({})", labels.join(" | "))
    }

    fn started(&self, position: usize, word: &str, next: &str) -> String {
        match self.literal(position, word) {
            Some(_) => format!("\"{word}\" ~ {next}"),
            None => format!("\"{word}\""),
        }
    }

    fn tail(&self, node: NodeId, end: usize, starts: bool) -> Tail {
        if self.closed.contains(&(node, end)) {
            return Tail::Value { keyword: None };
        }
        match self.tree.node(node) {
            Node::If(_, _, last) | Node::For(_, last) | Node::Some(_, last) | Node::Every(_, last) => {
                self.tail(*last, end, true)
            }
            Node::And(operands) | Node::Or(operands) => {
                operands.last().map_or(Tail::Test, |last| self.tail(*last, end, false))
            }
            Node::Compare(..) | Node::NotEqual(..) | Node::Between(..) | Node::InputCompare(..) => Tail::Operand,
            Node::InstanceOf(_, name) if name.contains(' ') || &**name == "function" => Tail::Test,
            Node::InstanceOf(..) => Tail::TypeName,
            Node::InputInRange(_) => Tail::Test,
            Node::In(_, test) => self.test_tail(*test, end),
            Node::Reference(reference) if starts && reference.path.is_empty() => Tail::Value {
                keyword: ["if", "for", "some", "every"].into_iter().find(|word| **word == *reference.name),
            },
            _ => Tail::Value { keyword: None },
        }
    }

    fn test_tail(&self, test: NodeId, end: usize) -> Tail {
        if self.closed.contains(&(test, end)) {
            return Tail::Test;
        }
        match self.tree.node(test) {
            Node::UnaryTest(expression) => match self.tree.node(*expression) {
                Node::Reference(reference)
                    if &*reference.name == "stance" && self.slice(0, end).ends_with("instance") =>
                {
                    Tail::MaybeInstance
                }
                _ => self.tail(*expression, end, true),
            },
            _ => self.tail(test, end, false),
        }
    }

    /// How far the construct of a keyword came that was read as a name in the end.
    fn keyword_labels(&mut self, keyword: &str, position: usize) -> String {
        let parts: &[&str] = match keyword {
            "if" => &["", "then", "", "else", ""],
            "for" => &["iterators", "return", ""],
            _ => &["iterators", "satisfies", ""],
        };
        let mut labels: Vec<String> = Vec::new();
        let mut at = position;
        for part in parts {
            let (label, end) = match *part {
                "" => self.expression_label(at),
                "iterators" => {
                    ("listIterator.rep(1)".to_owned(), self.iterators(at).map(|(_, end)| end))
                }
                word => (format!("\"{word}\""), self.token(at, word)),
            };
            labels.push(label);
            match end {
                Some(end) => at = end,
                None => break,
            }
        }
        match labels.as_slice() {
            [only] if only == EXPRESSION => "ifOp | forOp | quantifiedOp | disjunction".to_owned(),
            _ => labels.join(" ~ "),
        }
    }

    /// The alternatives of an expression up to the one that matched.
    fn expression_label(&mut self, position: usize) -> (String, Option<usize>) {
        let parsed: Parsed<NodeId> = self.expression(position);
        let label = match parsed.map(|(node, end)| (self.tree.node(node), self.closed.contains(&(node, end)))) {
            Some((Node::If(..), false)) => "ifOp",
            Some((Node::For(..), false)) => "(ifOp | forOp)",
            Some((Node::Some(..) | Node::Every(..), false)) => "(ifOp | forOp | quantifiedOp)",
            _ => EXPRESSION,
        };
        (label.to_owned(), parsed.map(|(_, end)| end))
    }
}
