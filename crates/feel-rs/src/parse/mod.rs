//! From text to syntax tree: one function for each rule of the grammar, with a memory of what was tried where.
//!
//! The grammar has no tokens: keywords have no word boundary, `if` may be a variable, keys of contexts take nearly any
//! character. So the parser follows the reference's rules in their order and backtracks as it does; the memory keeps that linear.

mod characters;
mod cursor;
mod diagnosis;
mod error;
mod expression;
mod function;
mod memo;
mod unary;
mod value;

pub(crate) use error::shorten;
pub use error::{ParseError, ParseErrorKind};

use self::memo::{Memo, Rule};
use crate::{
    limits::Limits,
    syntax::{Node, NodeId, Tree},
};

/// A rule's answer: what it read and where it stopped; `None` when it does not match.
pub(crate) type Parsed<T> = Option<(T, usize)>;

/// A tree with its root.
#[derive(Debug)]
pub(crate) struct Syntax {
    pub(crate) tree: Tree,
    pub(crate) root: NodeId,
    /// Whether a variable `partial` is mentioned anywhere.
    pub(crate) mentions_partial: bool,
}

/// Why reading had to stop for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    TooDeep,
    UnclosedComment,
    TooManyNodes,
}

pub(crate) struct Parser<'t> {
    text: &'t str,
    now_seconds: i64,
    tree: Tree,
    memo: Memo,
    depth: usize,
    max_depth: usize,
    fault: Option<Fault>,
    /// What stands in parentheses, with its end.
    closed: Vec<(NodeId, usize)>,
    mentions_partial: bool,
}

const AT_START: &str = "(start-of-input | ifOp | forOp | quantifiedOp | disjunction)";
const BEHIND_COMMENT: &str = "(ifOp | forOp | quantifiedOp | disjunction)";

/// Reads an expression. `now_seconds` decides the standard offset of a named zone in a time literal.
pub(crate) fn parse_expression(text: &str, limits: &Limits, now_seconds: i64) -> Result<Syntax, ParseError> {
    parse(text, limits, now_seconds, Parser::expression)
}

/// Reads unary tests, as they stand in a cell of a decision table.
pub(crate) fn parse_unary_tests(text: &str, limits: &Limits, now_seconds: i64) -> Result<Syntax, ParseError> {
    parse(text, limits, now_seconds, Parser::unary_tests)
}

fn parse<'t>(
    text: &'t str,
    limits: &Limits,
    now_seconds: i64,
    rule: fn(&mut Parser<'t>, usize) -> Parsed<NodeId>,
) -> Result<Syntax, ParseError> {
    if text.len() > limits.max_length {
        return Err(ParseError::too_long(text, limits.max_length));
    }
    let mut parser = Parser {
        text,
        now_seconds,
        tree: Tree::default(),
        memo: Memo::new(text.len()),
        depth: 0,
        max_depth: limits.max_nesting,
        fault: None,
        closed: Vec::new(),
        mentions_partial: false,
    };
    let result = rule(&mut parser, 0);
    let end = result.map_or(0, |(_, end)| parser.space(end));
    match parser.fault {
        Some(Fault::TooDeep) => return Err(ParseError::too_deep(text, limits.max_nesting)),
        Some(Fault::TooManyNodes) => return Err(ParseError::too_long(text, limits.max_length)),
        Some(Fault::UnclosedComment) => return Err(ParseError::unclosed_comment(text)),
        None => {}
    }
    match result {
        Some((root, _)) if end == text.len() => {
            if parser.tree.iter().any(|node| matches!(node, Node::External)) {
                return Err(ParseError::external_function(text));
            }
            Ok(Syntax { tree: parser.tree, root, mentions_partial: parser.mentions_partial })
        }
        Some((root, stop)) => {
            let labels = parser.labels_after(root, stop, end);
            Err(ParseError::expected(text, end, &labels))
        }
        None => match parser.space(0) {
            0 => Err(ParseError::expected(text, 0, AT_START)),
            start => Err(ParseError::expected(text, start, BEHIND_COMMENT)),
        },
    }
}

impl Parser<'_> {
    fn add(&mut self, node: Node, end: usize) -> Parsed<NodeId> {
        match self.tree.add(node) {
            Some(id) => Some((id, end)),
            None => {
                self.fault = Some(Fault::TooManyNodes);
                None
            }
        }
    }

    /// Runs a rule one level deeper, from memory when it was tried here before.
    fn nested(
        &mut self,
        rule: Rule,
        position: usize,
        body: impl FnOnce(&mut Self) -> Parsed<NodeId>,
    ) -> Parsed<NodeId> {
        if let Some(known) = self.memo.get(rule, position) {
            return known;
        }
        if self.fault.is_some() {
            return None;
        }
        if self.depth >= self.max_depth {
            self.fault = Some(Fault::TooDeep);
            return None;
        }
        self.depth += 1;
        let result = body(self);
        self.depth -= 1;
        self.memo.put(rule, position, result);
        result
    }
}
