//! Calling functions: those of the registry and those that the expression defines.

use std::rc::Rc;

use super::{Evaluator, Failure, Warning, WarningKind, expected_text, scope::Scope};
use crate::{
    Value,
    registry::RegisteredFunction,
    syntax::{Arguments, Call, NodeId, Reference},
    temporal::DateTime,
    value::Context,
};

/// How many patterns are kept compiled.
pub(crate) const PATTERNS: usize = 16;

/// Calls with no more arguments keep them on the stack.
const FEW_ARGUMENTS: usize = 3;

/// A function that the expression defines, with the names it sees.
#[derive(Debug)]
pub struct Function<'a> {
    parameters: &'a [Box<str>],
    body: NodeId,
    scope: Scope<'a>,
}

/// What a function may ask of the evaluation that calls it.
#[derive(Debug)]
pub struct CallContext<'c, 'a> {
    evaluator: &'c mut Evaluator<'a>,
}

impl<'a> Function<'a> {
    pub(super) fn new(parameters: &'a [Box<str>], body: NodeId, scope: Scope<'a>) -> Self {
        Self { parameters, body, scope }
    }

    /// The names of the parameters.
    pub fn parameters(&self) -> impl ExactSizeIterator<Item = &'a str> + use<'a> {
        self.parameters.iter().map(|name| &**name)
    }

    /// How deep functions and values are nested in what it sees.
    pub(crate) fn depth(&self) -> usize {
        self.scope.depth() + 1
    }

    /// The number of parameters.
    pub fn parameter_count(&self) -> usize {
        self.parameters.len()
    }
}

impl<'a> CallContext<'_, 'a> {
    /// The injected clock's time.
    ///
    /// # Errors
    /// [`Failure::thrown`] when the clock's moment is beyond the years that a date can have.
    pub fn now(&self) -> Result<DateTime, Failure> {
        Ok(self.evaluator.program.clock.now()?)
    }

    /// Calls a function that the expression defines, with one argument for each parameter.
    ///
    /// # Errors
    /// Whatever ends the evaluation inside it.
    pub fn invoke(
        &mut self,
        function: &Rc<Function<'a>>,
        arguments: Vec<Value<'a>>,
    ) -> Result<Value<'a>, Failure> {
        self.evaluator.invoke(function, arguments)
    }

    /// Accounts for work ahead: one unit for a list item, a comparison, or 16 bytes of text.
    ///
    /// # Errors
    /// [`Failure::limit`] when the evaluation has used up what it may.
    pub fn charge(&mut self, units: usize) -> Result<(), Failure> {
        self.evaluator.charge(units)
    }

    /// Whether a pattern with its flags is among the last ones that this evaluation used; from now on it is.
    pub(crate) fn uses_again(&mut self, pattern: &str, flags: &str) -> bool {
        let patterns = &mut self.evaluator.notes().patterns;
        let known = patterns.iter().position(|(known, known_flags)| known == pattern && known_flags == flags);
        let entry = known.map(|position| patterns.remove(position));
        if patterns.len() == PATTERNS {
            patterns.remove(0);
        }
        patterns.push(entry.unwrap_or_else(|| (pattern.to_owned(), flags.to_owned())));
        known.is_some()
    }

    /// Records a warning.
    pub fn warn(&mut self, kind: WarningKind, message: impl FnOnce() -> String) {
        self.evaluator.warn(kind, message);
    }
}

/// The failure of a function whose arguments are of the wrong types.
pub fn illegal_arguments<'a>(arguments: &[Value<'a>]) -> Value<'a> {
    let texts: Vec<String> = arguments.iter().map(|argument| format!("'{argument}'")).collect();
    Value::error(format!("Illegal arguments: {}", texts.join(", ")))
}

/// What a call reaches.
enum Target<'t, 'a> {
    Own(Rc<Function<'a>>),
    Registered(&'t RegisteredFunction),
}

impl Target<'_, '_> {
    fn parameter_count(&self) -> usize {
        match self {
            Self::Own(function) => function.parameter_count(),
            Self::Registered(function) => function.parameters().len(),
        }
    }

    fn has_var_args(&self) -> bool {
        match self {
            Self::Own(_) => false,
            Self::Registered(function) => function.has_var_args(),
        }
    }

    fn parameters(&self) -> Vec<&str> {
        match self {
            Self::Own(function) => function.parameters().collect(),
            Self::Registered(function) => function.parameters().collect(),
        }
    }
}

impl<'a> Evaluator<'a> {
    /// `name(…)`: a failure becomes `null` with a warning, but for one without remedy.
    pub(super) fn call(&mut self, call: &'a Call, scope: &Scope<'a>) -> Result<Value<'a>, Failure> {
        let own = scope.function(&call.name, |function| fits(function, &call.arguments));
        let result = match (own, &call.constant, &call.target) {
            (Some(function), ..) => self.apply(&Target::Own(function), &call.arguments, scope)?,
            (None, Some(constant), _) => return self.leaf(constant),
            (None, None, Some(function)) => self.call_registered(function, &call.arguments, scope)?,
            (None, None, None) => {
                self.warn(WarningKind::NoFunctionFound, || not_found(call));
                return Ok(Value::Null);
            }
        };
        let Value::Error(message) = result else { return Ok(result) };
        if &*call.name == "assert" {
            let notes = self.notes();
            notes.assertion_failure.get_or_insert_with(|| message.to_string());
            notes.warnings.push(Warning { kind: WarningKind::AssertFailure, message: message.to_string() });
        } else {
            self.warn(WarningKind::FunctionInvocationFailure, || {
                format!("Failed to invoke function '{}': {message}", call.name)
            });
        }
        Ok(Value::Null)
    }

    /// `path.name(…)`: the function must be an entry of the context; failures stay failures.
    pub(super) fn qualified_call(
        &mut self,
        path: &'a Reference,
        call: &'a Call,
        scope: &Scope<'a>,
    ) -> Result<Value<'a>, Failure> {
        let context: Context<'a> = match self.reference(path, scope)? {
            Value::Context(context) => context,
            failure @ (Value::Error(_) | Value::FatalError(_)) => return Ok(failure),
            other => {
                self.expected("context", &other);
                return Ok(Value::error(expected_text("context", &other)));
            }
        };
        let function =
            context.functions(&call.name).find(|function| fits(function, &call.arguments)).cloned();
        match function {
            Some(function) => self.apply(&Target::Own(function), &call.arguments, scope),
            None => {
                self.warn(WarningKind::NoFunctionFound, || not_found(call));
                Ok(Value::error(not_found(call)))
            }
        }
    }

    pub(super) fn invoke(
        &mut self,
        function: &Rc<Function<'a>>,
        arguments: Vec<Value<'a>>,
    ) -> Result<Value<'a>, Failure> {
        let mut scope = function.scope.clone();
        for (name, value) in function.parameters.iter().zip(arguments) {
            scope = scope.with_variable(&**name, value);
        }
        self.evaluate(function.body, &scope)
    }

    /// Few arguments by position need no vector.
    fn call_registered(
        &mut self,
        function: &'a RegisteredFunction,
        arguments: &'a Arguments,
        scope: &Scope<'a>,
    ) -> Result<Value<'a>, Failure> {
        let mut values = [const { Value::Null }; FEW_ARGUMENTS];
        let nodes = match arguments {
            Arguments::Positional(nodes) if nodes.len() <= FEW_ARGUMENTS => nodes,
            _ => return self.apply(&Target::Registered(function), arguments, scope),
        };
        for (value, node) in values.iter_mut().zip(nodes) {
            *value = self.evaluate(*node, scope)?;
        }
        let values = values.get(..nodes.len()).unwrap_or(&[]);
        match values {
            [Value::List(_)] if function.has_var_args() => {}
            values if function.has_var_args() => {
                let values = with_rest(values.to_vec(), function.parameters().len());
                return self.finish(&Target::Registered(function), values);
            }
            _ => {}
        }
        match failure_in(values) {
            Some(failure) => Ok(failure),
            None => self.run_registered(function, values),
        }
    }

    fn apply(
        &mut self,
        target: &Target<'_, 'a>,
        arguments: &'a Arguments,
        scope: &Scope<'a>,
    ) -> Result<Value<'a>, Failure> {
        let values = match arguments {
            Arguments::Positional(nodes) => self.positional(target, nodes, scope)?,
            Arguments::Named(nodes) => self.named(target, nodes, scope)?,
        };
        self.finish(target, values)
    }

    fn finish(&mut self, target: &Target<'_, 'a>, values: Vec<Value<'a>>) -> Result<Value<'a>, Failure> {
        if let Some(failure) = failure_in(&values) {
            return Ok(failure);
        }
        match target {
            Target::Own(function) => self.invoke(function, values),
            Target::Registered(function) => self.run_registered(function, &values),
        }
    }

    fn run_registered(
        &mut self,
        function: &RegisteredFunction,
        values: &[Value<'a>],
    ) -> Result<Value<'a>, Failure> {
        let weight = values.iter().fold(0, |sum: usize, value| sum.saturating_add(value.made_size().weight));
        let work = values.iter().fold(0, |sum: usize, value| match value {
            Value::Number(number) => sum.saturating_add(number.work()),
            _ => sum,
        });
        self.charge(weight / super::COUNTED_PER_UNIT + work / super::COUNTED_PER_UNIT)?;
        function.call(&mut CallContext { evaluator: self }, values)
    }

    fn positional(
        &mut self,
        target: &Target<'_, 'a>,
        nodes: &'a [NodeId],
        scope: &Scope<'a>,
    ) -> Result<Vec<Value<'a>>, Failure> {
        let mut values = Vec::with_capacity(nodes.len());
        for node in nodes {
            values.push(self.evaluate(*node, scope)?);
        }
        Ok(if target.has_var_args() { with_rest(values, target.parameter_count()) } else { values })
    }

    fn named(
        &mut self,
        target: &Target<'_, 'a>,
        nodes: &'a [(Box<str>, NodeId)],
        scope: &Scope<'a>,
    ) -> Result<Vec<Value<'a>>, Failure> {
        let mut values = Vec::new();
        for parameter in target.parameters() {
            values.push(match nodes.iter().find(|(name, _)| **name == *parameter) {
                Some((_, node)) => self.evaluate(*node, scope)?,
                None => Value::Null,
            });
        }
        Ok(values)
    }
}

/// The first failure without remedy, else the first one.
fn failure_in<'a>(values: &[Value<'a>]) -> Option<Value<'a>> {
    let fatal = values.iter().find(|value| matches!(value, Value::FatalError(_)));
    fatal.or_else(|| values.iter().find(|value| matches!(value, Value::Error(_)))).cloned()
}

/// The arguments from the last of so many parameters on as one list, unless that is what the only one is.
fn with_rest<'a>(mut values: Vec<Value<'a>>, parameters: usize) -> Vec<Value<'a>> {
    let Some(fixed) = parameters.checked_sub(1) else { return values };
    let rest = values.split_off(fixed.min(values.len()));
    let rest = match rest.as_slice() {
        [list @ Value::List(_)] if fixed == 0 => list.clone(),
        _ => Value::list(rest),
    };
    values.push(rest);
    values
}

fn fits(function: &Function<'_>, arguments: &Arguments) -> bool {
    match arguments {
        Arguments::Positional(nodes) => function.parameters.len() == nodes.len(),
        Arguments::Named(nodes) => nodes.iter().all(|(name, _)| function.parameters.contains(name)),
    }
}

fn not_found(call: &Call) -> String {
    match &call.arguments {
        Arguments::Positional(nodes) => {
            format!("No function found with name '{}' and {} parameters", call.name, nodes.len())
        }
        Arguments::Named(nodes) => {
            let names: Vec<&str> = nodes.iter().map(|(name, _)| &**name).collect();
            format!("No function found with name '{}' and parameters: {}", call.name, names.join(","))
        }
    }
}
