//! `not`, `is defined`, `get or else`, `assert`.

use super::Answer;
use crate::{CallContext, Registry, Value, illegal_arguments};

pub(super) fn register(registry: &mut Registry) {
    registry.add("not", &["negand"], not);
    registry.add("is defined", &["value"], is_defined);
    registry.add("get or else", &["value", "default"], get_or_else);
    registry.add("assert", &["value", "condition"], assert);
    registry.add("assert", &["value", "condition", "cause"], assert_with_cause);
}

fn not<'a>(_: &mut CallContext<'_, 'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    Ok(match arguments {
        [Value::Boolean(value)] => Value::Boolean(!value),
        _ => Value::Null,
    })
}

fn is_defined<'a>(_: &mut CallContext<'_, 'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    Ok(Value::Boolean(!matches!(arguments, [Value::Null])))
}

fn get_or_else<'a>(_: &mut CallContext<'_, 'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    Ok(match arguments {
        [Value::Null, default] => default.clone(),
        [value, _] => value.clone(),
        _ => illegal_arguments(arguments),
    })
}

fn assert<'a>(_: &mut CallContext<'_, 'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    Ok(match arguments {
        [value, Value::Boolean(true)] => value.clone(),
        _ => Value::error("The condition is not fulfilled"),
    })
}

fn assert_with_cause<'a>(_: &mut CallContext<'_, 'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    Ok(match arguments {
        [value, Value::Boolean(true), _] => value.clone(),
        [_, _, Value::String(cause)] => Value::error(cause.as_str()),
        _ => illegal_arguments(arguments),
    })
}
