//! Which names an expression sees at a place.

use std::rc::Rc;

use crate::{Text, Value, evaluate::Function, value::Context};

/// The innermost frame; outer frames follow, the input comes last.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scope<'a>(Option<Rc<Frame<'a>>>);

#[derive(Debug)]
struct Frame<'a> {
    binding: Binding<'a>,
    outer: Scope<'a>,
    /// How deep values are nested in the bindings from here outwards.
    depth: usize,
}

#[derive(Debug)]
enum Binding<'a> {
    Variable(Text<'a>, Value<'a>),
    Function(Text<'a>, Rc<Function<'a>>),
    /// All entries of a context, as a filter sees those of its item.
    Entries(Context<'a>),
}

impl<'a> Scope<'a> {
    /// A variable, which may hold a function as a value.
    pub(crate) fn with_variable(&self, name: impl Into<Text<'a>>, value: Value<'a>) -> Self {
        self.with(Binding::Variable(name.into(), value))
    }

    /// A name of a context's entry: a function can be called, anything else can be read.
    pub(crate) fn with_entry(&self, name: impl Into<Text<'a>>, value: Value<'a>) -> Self {
        self.with(Binding::entry(name, value))
    }

    pub(crate) fn with_entries(&self, context: Context<'a>) -> Self {
        self.with(Binding::Entries(context))
    }

    #[inline]
    pub(crate) fn variable(&self, name: &str) -> Option<Value<'a>> {
        self.0.as_ref().and_then(|frame| frame.variable(name))
    }

    /// The innermost function of that name that fits.
    pub(crate) fn function(
        &self,
        name: &str,
        fits: impl Fn(&Function<'a>) -> bool,
    ) -> Option<Rc<Function<'a>>> {
        let mut scope = self;
        while let Some(frame) = &scope.0 {
            match &frame.binding {
                Binding::Function(known, function) if known.as_str() == name && fits(function) => {
                    return Some(Rc::clone(function));
                }
                Binding::Entries(context) => {
                    if let Some(function) = context.functions(name).find(|function| fits(function)) {
                        return Some(Rc::clone(function));
                    }
                }
                _ => {}
            }
            scope = &frame.outer;
        }
        None
    }

    /// Whether all names are those of the input.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// How deep values are nested in all bindings.
    pub(super) fn depth(&self) -> usize {
        self.0.as_ref().map_or(0, |frame| frame.depth)
    }

    /// As [`Scope::with_variable`] of the outer scope, in the place of the round before when nobody has kept that.
    pub(crate) fn replace_variable(&mut self, outer: &Self, name: &'a str, value: Value<'a>) {
        self.replace(outer, Binding::Variable(name.into(), value));
    }

    /// As [`Scope::with_entry`] of the outer scope, in the place of the round before when nobody has kept that.
    pub(crate) fn replace_entry(&mut self, outer: &Self, name: &'a str, value: Value<'a>) {
        self.replace(outer, Binding::entry(name, value));
    }

    /// As [`Scope::with_entries`] of the outer scope, in the place of the round before when nobody has kept that.
    pub(crate) fn replace_entries(&mut self, outer: &Self, context: Context<'a>) {
        self.replace(outer, Binding::Entries(context));
    }

    fn replace(&mut self, outer: &Self, binding: Binding<'a>) {
        match self.0.as_mut().and_then(Rc::get_mut) {
            Some(frame) if frame.outer.is_same(outer) => {
                frame.depth = outer.depth().max(binding.depth() + 1);
                frame.binding = binding;
            }
            _ => *self = outer.with(binding),
        }
    }

    fn is_same(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Some(frame), Some(other)) => Rc::ptr_eq(frame, other),
            (None, None) => true,
            _ => false,
        }
    }

    fn with(&self, binding: Binding<'a>) -> Self {
        let depth = self.depth().max(binding.depth() + 1);
        Self(Some(Rc::new(Frame { depth, binding, outer: self.clone() })))
    }
}

impl<'a> Frame<'a> {
    fn variable(&self, name: &str) -> Option<Value<'a>> {
        let mut next = Some(self);
        while let Some(frame) = next {
            match &frame.binding {
                Binding::Variable(known, value) if known.as_str() == name => return Some(value.clone()),
                Binding::Entries(context) => {
                    if let Some(value) = context.get(name) {
                        return Some(value);
                    }
                }
                _ => {}
            }
            next = frame.outer.0.as_deref();
        }
        None
    }
}

impl<'a> Binding<'a> {
    fn entry(name: impl Into<Text<'a>>, value: Value<'a>) -> Self {
        match value {
            Value::Function(function) => Self::Function(name.into(), function),
            value => Self::Variable(name.into(), value),
        }
    }

    /// How deep values are nested in it.
    fn depth(&self) -> usize {
        match self {
            Self::Function(_, function) => function.depth(),
            Self::Variable(_, value) => value.depth(),
            Self::Entries(context) => context.depth(),
        }
    }
}

impl Drop for Frame<'_> {
    /// Long chains are unlinked in a loop, so that dropping them needs no stack.
    fn drop(&mut self) {
        let mut next = self.outer.0.take();
        while let Some(frame) = next {
            match Rc::try_unwrap(frame) {
                Ok(mut frame) => next = frame.outer.0.take(),
                Err(_) => break,
            }
        }
    }
}
