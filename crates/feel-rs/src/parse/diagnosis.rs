//! What could have followed where an expression ends too early, in the reference's notation.
//!
//! The reference lists the rules that it tried exactly there. Which ones these are follows from what was read last.

use super::{Parsed, Parser, characters::continues_name, memo::Rule};
use crate::syntax::{Node, NodeId};

const ALTERNATIVES: &str = "ifOp | forOp | quantifiedOp | disjunction";
const EXPRESSION: &str = "(ifOp | forOp | quantifiedOp | disjunction)";
const END: &str = "end-of-input";
const COMPARISON: [&str; 4] = ["binaryComparison", "between", "instanceOf", "in"];
/// Operators with what each expects on its right.
const OPERATORS: [(&str, &[&str], &str); 3] = [
    ("\"**\"", &["**"], "mathNegation"),
    ("[*/]", &["*", "/"], "exponent"),
    ("[+\\\\-]", &["+", "-"], "mulDiv"),
];

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
    /// `in` and a boolean, which is first tried as all that is left.
    MaybeAll,
    /// `in` and a name, which may have been meant as `instance of`, and what is missing then.
    MaybeInstance { missing: &'static str },
}

/// A name of one character could have gone on right behind it; of longer ones the rest was read as a whole.
fn may_go_on(name: &str, is_right_behind: bool) -> Option<String> {
    (is_right_behind && name.chars().count() == 1).then(|| "namePart".to_owned())
}

impl<'t> Parser<'t> {
    /// The rules that were tried at a position behind an expression.
    pub(super) fn labels_after(&mut self, root: NodeId, end: usize, position: usize) -> String {
        let mut labels = Vec::new();
        let condition = self.condition_labels(end, position);
        if let Some((matched, label)) = &condition
            && *matched
        {
            labels.push(label.clone());
        }
        match self.tail(root, end, true) {
            Tail::Value { keyword } => {
                if let Some(name) = self.lacks_source(end, position) {
                    labels.extend(may_go_on(name, position == end));
                    labels.push("\"in\"".to_owned());
                }
                if let Some(keyword) = keyword {
                    labels.push(self.keyword_labels(keyword, position));
                }
                labels.extend(COMPARISON.map(str::to_owned));
            }
            Tail::MaybeInstance { missing } => {
                let of = missing == "\"of\"" && self.literal(position, "of").is_some();
                labels.push(if of { "\"of\" ~ typeName" } else { missing }.to_owned());
                labels.extend(COMPARISON.map(str::to_owned));
            }
            Tail::Operand => labels.extend(self.operator_labels(position)),
            Tail::TypeName => {
                let part = self.slice(0, end).rsplit(|char| !continues_name(char)).next().unwrap_or_default();
                labels.extend(may_go_on(part, position == end));
                let dot = self.literal(position, ".").is_some();
                labels.push(if dot { "\".\" ~ (valueProperty | name)" } else { "\".\"" }.to_owned());
            }
            Tail::MaybeAll => {
                if condition.is_none() {
                    labels.push(END.to_owned());
                }
                labels.extend(COMPARISON.map(str::to_owned));
            }
            Tail::Test => labels.extend(self.filter_label(end, position)),
        }
        labels.push(self.started(position, "and", "(addSub | unaryComparison | range)"));
        labels.push(self.started(position, "or", "conjunction"));
        if let Some((false, label)) = condition {
            labels.push(label);
        }
        if !labels.iter().any(|label| label == END) {
            labels.push(END.to_owned());
        }
        format!("({})", labels.join(" | "))
    }

    fn operator_labels(&self, position: usize) -> Vec<String> {
        let mut labels = vec!["path".to_owned(), "filter".to_owned()];
        for (label, symbols, operand) in OPERATORS {
            let started = symbols.iter().any(|symbol| self.literal(position, symbol).is_some());
            labels.push(if started { format!("{label} ~ {operand}") } else { label.to_owned() });
        }
        labels
    }

    /// An `if` that was read as the name of a function or a variable in the end, and whose condition reaches as far: whether
    /// its `then` follows, and the label.
    fn condition_labels(&mut self, end: usize, position: usize) -> Option<(bool, String)> {
        let start = self
            .memo
            .positions_ending_at(Rule::Expression, end)
            .into_iter()
            .find(|start| self.literal(*start, "if").is_some())?;
        let (_, stop) = self.expression(start + 2)?;
        if self.space(stop) != position {
            return None;
        }
        let mut labels = vec!["disjunction".to_owned()];
        let Some(mut at) = self.token(stop, "then") else {
            return Some((false, "\"then\"".to_owned()));
        };
        labels.push("\"then\"".to_owned());
        for word in ["else", ""] {
            let (label, next) = self.expression_label(at);
            labels.push(label);
            let Some(next) = next else { break };
            if word.is_empty() {
                break;
            }
            labels.push(format!("\"{word}\""));
            let Some(next) = self.token(next, word) else { break };
            at = next;
        }
        Some((true, labels.join(" ~ ")))
    }

    /// The name of an iterator that was read as one name with its loop's keyword, so that only `in` was missing.
    fn lacks_source(&mut self, end: usize, position: usize) -> Option<&'t str> {
        if self.literal(position, "in").is_some() {
            return None;
        }
        let starts = self.memo.positions_ending_at(Rule::Expression, end);
        starts.into_iter().find_map(|start| {
            ["for", "some", "every"].into_iter().find_map(|word| {
                let name = self.literal(start, word)?;
                let name = self.space(name);
                self.name(name).filter(|(_, stop)| *stop == end).map(|(name, _)| name)
            })
        })
    }

    /// A range that ends with `[` may have been meant to end with a filtered value.
    fn filter_label(&mut self, end: usize, position: usize) -> Option<String> {
        if !self.slice(0, end).ends_with('[') {
            return None;
        }
        Some(match self.expression_label(position) {
            (label, Some(_)) => format!("{label} ~ \"]\""),
            (_, None) => ALTERNATIVES.to_owned(),
        })
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
            Node::Compare(..) | Node::NotEqual(..) | Node::Between(..) | Node::InputCompare(..) => {
                Tail::Operand
            }
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
                Node::Boolean(_) if !self.closed.contains(&(*expression, end)) => Tail::MaybeAll,
                Node::Reference(name)
                    if &*name.name == "stance" && self.slice(0, end).ends_with("instance") =>
                {
                    Tail::MaybeInstance { missing: "\"of\"" }
                }
                Node::Reference(name)
                    if &*name.name == "stanceof" && self.slice(0, end).ends_with("instanceof") =>
                {
                    Tail::MaybeInstance { missing: "typeName" }
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
                "iterators" => ("listIterator.rep(1)".to_owned(), self.iterators(at).map(|(_, end)| end)),
                word => (format!("\"{word}\""), self.token(at, word)),
            };
            labels.push(label);
            match end {
                Some(end) => at = end,
                None => break,
            }
        }
        match labels.as_slice() {
            [only] if only == EXPRESSION => ALTERNATIVES.to_owned(),
            _ => labels.join(" ~ "),
        }
    }

    /// The alternatives of an expression up to the one that matched.
    fn expression_label(&mut self, position: usize) -> (String, Option<usize>) {
        let parsed: Parsed<NodeId> = self.expression(position);
        let label = match parsed.map(|(node, end)| (self.tree.node(node), self.closed.contains(&(node, end))))
        {
            Some((Node::If(..), false)) => "ifOp",
            Some((Node::For(..), false)) => "(ifOp | forOp)",
            Some((Node::Some(..) | Node::Every(..), false)) => "(ifOp | forOp | quantifiedOp)",
            _ => EXPRESSION,
        };
        (label.to_owned(), parsed.map(|(_, end)| end))
    }
}
