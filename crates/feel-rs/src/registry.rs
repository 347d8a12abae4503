//! The functions that expressions may call: built-ins, and those that a user of the crate adds.

use std::{collections::HashMap, fmt, sync::Arc};

use crate::{
    Value,
    evaluate::{CallContext, Failure},
};

/// Built-in functions that are called with literals again and again, and are computed once then.
const PURE: [&str; 4] = ["date", "date and time", "duration", "number"];

/// The body of a function: the call's context and one value for each parameter.
///
/// With `var_args` the last value is a list of the remaining arguments. Never called with an error among the arguments.
/// A [`Value::Error`] as the answer becomes `null` and a warning, a [`Failure`] ends the evaluation.
pub type Body = for<'c, 'a> fn(&mut CallContext<'c, 'a>, &[Value<'a>]) -> Result<Value<'a>, Failure>;

type SharedBody = Arc<
    dyn for<'c, 'a> Fn(&mut CallContext<'c, 'a>, &[Value<'a>]) -> Result<Value<'a>, Failure> + Send + Sync,
>;

/// One function: its parameters and what it does.
#[derive(Clone)]
pub struct RegisteredFunction {
    parameters: Vec<Box<str>>,
    var_args: bool,
    is_pure: bool,
    body: Implementation,
}

#[derive(Clone)]
enum Implementation {
    Plain(Body),
    Shared(SharedBody),
}

/// Functions by name; several of one name differ in their parameters.
///
/// A call by position takes the first function with that many parameters (or fewer, when the last one takes the rest);
/// a call by names takes the first function that has all of these names, and the others are `null`.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    functions: HashMap<Box<str>, Vec<Arc<RegisteredFunction>>>,
}

impl RegisteredFunction {
    /// The names of the parameters.
    pub fn parameters(&self) -> impl ExactSizeIterator<Item = &str> {
        self.parameters.iter().map(|name| &**name)
    }

    /// Whether the last parameter takes all remaining arguments as a list.
    pub fn has_var_args(&self) -> bool {
        self.var_args
    }

    /// Whether it answers the same to the same arguments and notes nothing.
    pub(crate) fn is_pure(&self) -> bool {
        self.is_pure
    }

    pub(crate) fn call<'a>(
        &self,
        context: &mut CallContext<'_, 'a>,
        arguments: &[Value<'a>],
    ) -> Result<Value<'a>, Failure> {
        match &self.body {
            Implementation::Plain(body) => body(context, arguments),
            Implementation::Shared(body) => body(context, arguments),
        }
    }
}

impl fmt::Debug for RegisteredFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegisteredFunction")
            .field("parameters", &self.parameters)
            .field("var_args", &self.var_args)
            .finish_non_exhaustive()
    }
}

impl Registry {
    /// No function at all.
    pub fn empty() -> Self {
        Self::default()
    }

    /// FEEL's built-in functions.
    pub fn builtin() -> Self {
        let mut registry = Self::empty();
        crate::builtins::register(&mut registry);
        for name in PURE {
            for function in registry.functions.get_mut(name).into_iter().flatten() {
                Arc::make_mut(function).is_pure = true;
            }
        }
        registry
    }

    /// Adds a function with a fixed number of parameters.
    pub fn add(&mut self, name: &str, parameters: &[&str], body: Body) {
        self.insert(name, parameters, false, Implementation::Plain(body));
    }

    /// Adds a function whose last parameter takes all remaining arguments as a list; a single list argument is taken
    /// as that list when it is the only parameter.
    pub fn add_var_args(&mut self, name: &str, parameters: &[&str], body: Body) {
        self.insert(name, parameters, true, Implementation::Plain(body));
    }

    /// Adds a function that carries data of its own.
    pub fn add_shared<F>(&mut self, name: &str, parameters: &[&str], body: F)
    where
        F: for<'c, 'a> Fn(&mut CallContext<'c, 'a>, &[Value<'a>]) -> Result<Value<'a>, Failure>
            + Send
            + Sync
            + 'static,
    {
        self.insert(name, parameters, false, Implementation::Shared(Arc::new(body)));
    }

    /// The function that a call with so many arguments reaches.
    pub fn by_count(&self, name: &str, count: usize) -> Option<&Arc<RegisteredFunction>> {
        self.functions.get(name)?.iter().find(|function| {
            function.parameters.len() == count || (function.var_args && function.parameters.len() < count)
        })
    }

    /// The function that a call with these argument names reaches.
    pub fn by_names<'n>(
        &self,
        name: &str,
        names: impl Iterator<Item = &'n str> + Clone,
    ) -> Option<&Arc<RegisteredFunction>> {
        self.functions.get(name)?.iter().find(|function| {
            names.clone().all(|name| function.parameters.iter().any(|known| **known == *name))
        })
    }

    /// The names of all functions, in no order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.functions.keys().map(|name| &**name)
    }

    fn insert(&mut self, name: &str, parameters: &[&str], var_args: bool, body: Implementation) {
        let parameters = parameters.iter().map(|name| Box::from(*name)).collect();
        let function = Arc::new(RegisteredFunction { parameters, var_args, is_pure: false, body });
        self.functions.entry(Box::from(name)).or_default().push(function);
    }
}
