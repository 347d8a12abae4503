//! FEEL's built-in functions, one file for each group.

mod base64;
mod boolean;
mod context;
mod conversion;
mod date_time;
mod json;
mod list;
mod list_change;
mod numeric;
mod random;
mod range;
mod regex;
mod sort;
mod statistics;
mod string;
mod string_pattern;
mod temporal;
mod utf16;

use crate::{Failure, Registry, Value};

/// What a function answers: a value, a [`Value::Error`] that becomes `null` and a warning, or the end of the evaluation.
type Answer<'a> = Result<Value<'a>, Failure>;

/// Adds every built-in function.
pub(crate) fn register(registry: &mut Registry) {
    conversion::register(registry);
    boolean::register(registry);
    string::register(registry);
    string_pattern::register(registry);
    list::register(registry);
    list_change::register(registry);
    statistics::register(registry);
    numeric::register(registry);
    context::register(registry);
    range::register(registry);
    temporal::register(registry);
}

/// The units to charge for a text.
fn text_units(text: &str) -> usize {
    text.len() / 16 + 1
}
