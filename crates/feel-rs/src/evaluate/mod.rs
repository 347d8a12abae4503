//! Walks the syntax tree.

mod access;
mod arithmetic;
mod call;
mod failure;
mod inputs;
mod iterate;
mod logic;
mod scope;
mod unary;
mod warning;

use std::{rc::Rc, sync::Arc};

pub(crate) use call::PATTERNS;
pub use call::{CallContext, Function, illegal_arguments};
pub use failure::Failure;
pub(crate) use inputs::Inputs;
pub use warning::{Warning, WarningKind};

pub(crate) use self::scope::Scope;
use crate::{
    Clock, Limits, Value,
    syntax::{Entry, Node, NodeId, RangeNode, Tree},
    value::{Bound, Context, ContextMap, Range, Size},
};

/// Counting so many parts of a value takes as long as one step.
const COUNTED_PER_UNIT: usize = 16;

/// No more text of warnings is collected beyond this many bytes.
const WARNINGS_LIMIT: usize = 1024 * 1024;

/// The name under which a unary test finds its input.
pub(crate) const INPUT_VARIABLE: &str = "cellInput";

/// What an evaluation follows.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) tree: Tree,
    pub(crate) root: NodeId,
    pub(crate) mentions_partial: bool,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) limits: Limits,
    pub(crate) collects_warnings: bool,
}

/// One evaluation.
#[derive(Debug)]
pub(crate) struct Evaluator<'a> {
    program: &'a Program,
    inputs: Inputs<'a>,
    /// Most evaluations have nothing to note.
    notes: Option<Box<Notes>>,
    /// How much deeper it may go.
    depth_left: usize,
    /// How much it may do.
    max_work: usize,
    /// How much of that is left.
    work_left: usize,
}

/// What an evaluation keeps beside its value.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    pub(crate) warnings: Vec<Warning>,
    warning_bytes: usize,
    /// Why the first `assert` that does not hold failed.
    pub(crate) assertion_failure: Option<String>,
    /// The patterns used last, with their flags.
    patterns: Vec<(String, String)>,
}

impl<'a> Evaluator<'a> {
    #[inline]
    pub(crate) fn new(program: &'a Program, inputs: Inputs<'a>, max_work: usize) -> Self {
        let max_work = program.limits.max_work.min(max_work);
        let depth_left = program.limits.max_depth;
        Self { program, inputs, notes: None, depth_left, max_work, work_left: max_work }
    }

    /// The value of the whole.
    #[inline]
    pub(crate) fn run(&mut self, scope: &Scope<'a>) -> Result<Value<'a>, Failure> {
        self.evaluate(self.program.root, scope)
    }

    /// What it noted, if anything.
    #[inline]
    pub(crate) fn into_notes(self) -> Option<Box<Notes>> {
        self.notes
    }

    fn notes(&mut self) -> &mut Notes {
        self.notes.get_or_insert_default()
    }

    pub(crate) fn evaluate(&mut self, id: NodeId, scope: &Scope<'a>) -> Result<Value<'a>, Failure> {
        match self.program.tree.node(id) {
            Node::Null | Node::External => Ok(Value::Null),
            Node::Boolean(value) => Ok(Value::Boolean(*value)),
            Node::Number(value) => Ok(Value::Number(value.clone())),
            Node::String(text) => Ok(Value::string(&**text)),
            Node::Temporal(value) => Ok(value.clone().into()),
            Node::Reference(reference) => self.reference(reference, scope),
            node => self.composite(node, scope),
        }
    }

    /// Constructs with parts: these count against the limits.
    fn composite(&mut self, node: &'a Node, scope: &Scope<'a>) -> Result<Value<'a>, Failure> {
        self.charge(1)?;
        let depth_left = self.depth_left;
        let Some(inside) = depth_left.checked_sub(1) else { return Err(self.too_deep()) };
        self.depth_left = inside;
        let result = self.dispatch(node, scope);
        self.depth_left = depth_left;
        if let Ok(value) = &result {
            self.check_size(value)?;
        }
        result
    }

    #[cold]
    fn too_deep(&self) -> Failure {
        let limit = self.program.limits.max_depth;
        Failure::limit(format!("the evaluation goes deeper than {limit} levels, simplify the expression"))
    }

    /// Sharing makes giants cheap; what is too big to be written out or compared must not come into being.
    #[inline]
    fn check_size(&mut self, value: &Value<'a>) -> Result<(), Failure> {
        let size = value.made_size();
        let limits = &self.program.limits;
        if size.weight < COUNTED_PER_UNIT.min(limits.max_size) && size.depth <= limits.max_depth {
            return Ok(());
        }
        self.check_large(size)
    }

    #[cold]
    fn check_large(&mut self, size: Size) -> Result<(), Failure> {
        if size.depth > self.program.limits.max_depth {
            let limit = self.program.limits.max_depth;
            return Err(Failure::limit(format!("a value is nested deeper than {limit} levels")));
        }
        self.charge(size.weight / COUNTED_PER_UNIT)?;
        if size.weight > self.program.limits.max_size {
            let limit = self.program.limits.max_size;
            return Err(Failure::limit(format!("a value has more than {limit} parts")));
        }
        Ok(())
    }

    fn dispatch(&mut self, node: &'a Node, scope: &Scope<'a>) -> Result<Value<'a>, Failure> {
        match node {
            Node::List(items) => self.list(items, scope),
            Node::Context(entries) => self.context(entries, scope),
            Node::Range(range) => self.range(range, scope),
            Node::Chain(base, steps) => self.chain(*base, steps, scope),
            Node::Negate(operand) => self.negate(*operand, scope),
            Node::Arithmetic(first, rest) => self.arithmetic(*first, rest, scope),
            Node::Compare(comparison, x, y) => self.compare_nodes(*comparison, *x, *y, scope),
            Node::NotEqual(x, y) => self.not_equal(*x, *y, scope),
            Node::Between(value, low, high) => self.between(*value, *low, *high, scope),
            Node::InstanceOf(value, name) => self.instance_of(*value, name, scope),
            Node::In(value, test) => self.membership(*value, *test, scope),
            Node::And(operands) => self.chained_logic(false, operands, scope),
            Node::Or(operands) => self.chained_logic(true, operands, scope),
            Node::If(condition, then, otherwise) => self.conditional(*condition, *then, *otherwise, scope),
            Node::For(iterators, body) => self.for_loop(iterators, *body, scope),
            Node::Some(iterators, condition) => self.quantified(true, iterators, *condition, scope),
            Node::Every(iterators, condition) => self.quantified(false, iterators, *condition, scope),
            Node::Iteration(start, end) => self.iteration(*start, *end, scope),
            Node::Call(call) => self.call(call, scope),
            Node::QualifiedCall(path, call) => self.qualified_call(path, call, scope),
            Node::Function(parameters, body) => {
                Ok(Value::Function(Rc::new(Function::new(parameters, *body, scope.clone()))))
            }
            Node::Input => Ok(self.input_by_symbol(scope)),
            Node::InputEquals(value) => self.input_equals(*value, scope),
            Node::InputCompare(comparison, endpoint) => self.input_compare(*comparison, *endpoint, scope),
            Node::InputInRange(range) => self.input_in_range(range, scope),
            Node::UnaryTest(expression) => self.unary_test(*expression, scope),
            Node::AnyOf(tests) => self.any_of(tests, scope),
            Node::Not(test) => {
                let value = self.evaluate(*test, scope)?;
                Ok(self.not(value))
            }
            leaf => self.leaf(leaf),
        }
    }

    /// Constructs without parts are answered before; this keeps the match complete.
    pub(super) fn leaf(&mut self, node: &'a Node) -> Result<Value<'a>, Failure> {
        Ok(match node {
            Node::Boolean(value) => Value::Boolean(*value),
            Node::Number(value) => Value::Number(value.clone()),
            Node::String(text) => Value::string(&**text),
            Node::Temporal(value) => value.clone().into(),
            _ => Value::Null,
        })
    }

    fn list(&mut self, items: &'a [NodeId], scope: &Scope<'a>) -> Result<Value<'a>, Failure> {
        let mut values = Vec::with_capacity(items.len());
        for item in items {
            match self.evaluate(*item, scope)? {
                failure if failure.is_failure() => return Ok(inner_failure(failure)),
                value => values.push(value),
            }
        }
        Ok(Value::list(values))
    }

    fn context(&mut self, entries: &'a [Entry], scope: &Scope<'a>) -> Result<Value<'a>, Failure> {
        match entries {
            [entry] => self.only_entry(entry, scope),
            entries => self.entries(entries, scope),
        }
    }

    /// `{key: path}` of a plain value in the input, as results often are, takes no memory.
    fn only_entry(&mut self, entry: &'a Entry, scope: &Scope<'a>) -> Result<Value<'a>, Failure> {
        if let Node::Reference(reference) = self.program.tree.node(entry.value)
            && scope.is_empty()
            && let Some(json) = self.in_input(reference)
            && let Some(context) = Context::picked(&entry.key, json)
        {
            return Ok(Value::Context(context));
        }
        Ok(match self.evaluate(entry.value, scope)? {
            failure if failure.is_failure() => inner_failure(failure),
            value => Value::Context(Context::of_one(&*entry.key, value)),
        })
    }

    fn entries(&mut self, entries: &'a [Entry], scope: &Scope<'a>) -> Result<Value<'a>, Failure> {
        let mut map = ContextMap::with_capacity(entries.len());
        let mut inner = scope.clone();
        for (position, entry) in entries.iter().enumerate() {
            let value = self.evaluate(entry.value, &inner)?;
            if value.is_failure() {
                return Ok(inner_failure(value));
            }
            if entry.is_mentioned && position + 1 < entries.len() {
                inner = inner.with_entry(&*entry.key, value.clone());
            }
            map.put(&*entry.key, value);
        }
        Ok(Value::context(map))
    }

    fn range(&mut self, range: &RangeNode, scope: &Scope<'a>) -> Result<Value<'a>, Failure> {
        let start = self.evaluate(range.start, scope)?;
        let end = self.evaluate(range.end, scope)?;
        if let Some(failure) = [&start, &end].into_iter().find(|value| value.is_failure()) {
            return Ok(failure.clone());
        }
        let valid = start.has_type_of(&end)
            && start.is_comparable()
            && !matches!(start, Value::List(_) | Value::String(_));
        if !valid {
            let message = format!("Invalid range definition '{}'", self.print_range(range));
            self.warn(WarningKind::InvalidType, || message.clone());
            return Ok(Value::error(message));
        }
        Ok(Value::Range(Rc::new(Range {
            start: Bound { value: start, closed: range.start_closed },
            end: Bound { value: end, closed: range.end_closed },
        })))
    }

    fn print_range(&self, range: &RangeNode) -> String {
        crate::print::range(&self.program.tree, range)
    }

    /// A branch that is not taken costs nothing; chains of `else if` need no stack.
    fn conditional(
        &mut self,
        condition: NodeId,
        then: NodeId,
        otherwise: NodeId,
        scope: &Scope<'a>,
    ) -> Result<Value<'a>, Failure> {
        let (mut condition, mut then, mut otherwise) = (condition, then, otherwise);
        loop {
            let met = self.evaluate(condition, scope)?;
            let branch = match self.boolean_or_null(met) {
                Value::Boolean(true) => then,
                fatal @ Value::FatalError(_) => return Ok(fatal),
                _ => otherwise,
            };
            match self.program.tree.node(branch) {
                Node::If(next, yes, no) => {
                    self.charge(1)?;
                    (condition, then, otherwise) = (*next, *yes, *no);
                }
                _ => return self.evaluate(branch, scope),
            }
        }
    }

    pub(super) fn charge(&mut self, units: usize) -> Result<(), Failure> {
        match self.work_left.checked_sub(units) {
            Some(left) => self.work_left = left,
            None => return Err(self.too_much_work()),
        }
        Ok(())
    }

    #[cold]
    fn too_much_work(&self) -> Failure {
        let limit = self.max_work;
        Failure::limit(format!(
            "the evaluation takes more than {limit} steps, simplify the expression or shorten its input"
        ))
    }

    pub(super) fn warn(&mut self, kind: WarningKind, message: impl FnOnce() -> String) {
        if !self.program.collects_warnings {
            return;
        }
        let notes = self.notes();
        if notes.warning_bytes < WARNINGS_LIMIT {
            let message = message();
            notes.warning_bytes += message.len();
            notes.warnings.push(Warning { kind, message });
        }
    }

    /// Notes that another type was expected; failures were noted where they arose.
    pub(super) fn expected(&mut self, expected: &str, found: &Value<'a>) {
        if !found.is_failure() {
            self.warn(WarningKind::InvalidType, || expected_text(expected, found));
        }
    }
}

/// A failure inside a literal list or context fails the whole; one without remedy gets one here, as in the reference.
fn inner_failure(failure: Value<'_>) -> Value<'_> {
    match failure {
        Value::FatalError(_) => Value::error(failure.to_string()),
        failure => failure,
    }
}

pub(super) fn expected_text(expected: &str, found: &Value<'_>) -> String {
    format!("Expected {expected} but found '{found}'")
}

/// `null` in place of a failure that has a remedy.
pub(super) fn or_null(value: Value<'_>) -> Value<'_> {
    match value {
        Value::Error(_) => Value::Null,
        value => value,
    }
}
