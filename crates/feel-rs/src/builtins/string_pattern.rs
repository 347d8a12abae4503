//! Functions on strings that take a regular expression.

use std::rc::Rc;

use super::{
    Answer,
    regex::{Flags, Pattern, Refusal, compile_units, search_units},
};
use crate::{CallContext, Failure, Registry, Value, illegal_arguments};

pub(super) fn register(registry: &mut Registry) {
    registry.add("replace", &["input", "pattern", "replacement"], replace);
    registry.add("replace", &["input", "pattern", "replacement", "flags"], replace);
    registry.add("matches", &["input", "pattern"], matches);
    registry.add("matches", &["input", "pattern", "flags"], matches);
    registry.add("split", &["string", "delimiter"], split);
    registry.add("extract", &["input", "pattern"], extract);
}

/// The compiled pattern; `None` where there is no such pattern.
fn compile(pattern: &str, flags: Flags) -> Result<Option<Rc<Pattern>>, Failure> {
    match Pattern::new(pattern, flags) {
        Ok(compiled) => Ok(Some(compiled)),
        Err(Refusal::Invalid) => Ok(None),
        Err(Refusal::TooLarge) => Err(Failure::limit(
            "a regular expression is too large; repeat less in it or shorten it".to_owned(),
        )),
    }
}

fn invalid<'a>(pattern: &str) -> Value<'a> {
    Value::error(format!("Invalid pattern '{pattern}'"))
}

/// A search costs at least a look at every byte; a pattern that was not used lately is compiled first.
fn charge(context: &mut CallContext<'_, '_>, text: &str, pattern: &str, flags: &str) -> Result<(), Failure> {
    let compiling = if context.uses_again(pattern, flags) { 0 } else { compile_units(pattern) };
    context.charge(search_units(text, pattern).saturating_add(compiling))
}

fn replace<'a>(context: &mut CallContext<'_, 'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let (text, pattern, replacement, letters) = match arguments {
        [Value::String(text), Value::String(pattern), Value::String(replacement)] => {
            (text, pattern, replacement, "")
        }
        [Value::String(text), Value::String(pattern), Value::String(replacement), Value::String(flags)] => {
            (text, pattern, replacement, flags.as_str())
        }
        _ => return Ok(illegal_arguments(arguments)),
    };
    charge(context, text, pattern, letters)?;
    let Some(compiled) = compile(pattern, Flags::of_argument(letters))? else { return Ok(invalid(pattern)) };
    // The longest result: the replacement between any two characters.
    context.charge(replacement.len().saturating_mul(text.len()) / 64)?;
    Ok(match compiled.replace(context, text, replacement)? {
        Some(replaced) => replaced.into(),
        None => invalid(pattern),
    })
}

fn matches<'a>(context: &mut CallContext<'_, 'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let (text, pattern, letters) = match arguments {
        [Value::String(text), Value::String(pattern)] => (text, pattern, ""),
        [Value::String(text), Value::String(pattern), Value::String(flags)] => {
            (text, pattern, flags.as_str())
        }
        _ => return Ok(illegal_arguments(arguments)),
    };
    charge(context, text, pattern, letters)?;
    Ok(match compile(pattern, Flags::of_argument(letters))? {
        Some(compiled) => Value::Boolean(compiled.is_found(context, text)?),
        None => invalid(pattern),
    })
}

fn split<'a>(context: &mut CallContext<'_, 'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let [Value::String(text), Value::String(delimiter)] = arguments else {
        return Ok(illegal_arguments(arguments));
    };
    charge(context, text, delimiter, "")?;
    match compile(delimiter, Flags::default())? {
        Some(compiled) => {
            let parts = compiled.split(context, text)?;
            texts(context, parts)
        }
        None => Ok(Value::error(format!("Invalid pattern for delimiter '{delimiter}'"))),
    }
}

fn extract<'a>(context: &mut CallContext<'_, 'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let [Value::String(text), Value::String(pattern)] = arguments else {
        return Ok(illegal_arguments(arguments));
    };
    charge(context, text, pattern, "")?;
    match compile(pattern, Flags::default())? {
        Some(compiled) => {
            let found = compiled.extract(context, text)?;
            texts(context, found)
        }
        None => Ok(invalid(pattern)),
    }
}

fn texts<'a>(context: &mut CallContext<'_, 'a>, texts: Vec<String>) -> Answer<'a> {
    context.charge(texts.len())?;
    Ok(Value::list(texts.into_iter().map(Value::from).collect()))
}
