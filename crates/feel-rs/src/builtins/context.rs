//! Functions on contexts.

use super::Answer;
use crate::{CallContext, Context, ContextMap, List, Registry, Text, Value, illegal_arguments};

pub(super) fn register(registry: &mut Registry) {
    registry.add("get entries", &["context"], get_entries);
    registry.add("get entries", &["m"], get_entries);
    registry.add("get value", &["m", "key"], get_value);
    registry.add("get value", &["context", "key"], get_value);
    registry.add("get value", &["context", "keys"], |call, a| with_list(call, a, get_value));
    registry.add("context put", &["context", "key", "value"], context_put);
    registry.add("context put", &["context", "keys", "value"], |call, a| with_list(call, a, context_put));
    registry.add("put", &["context", "key", "value"], context_put);
    registry.add_var_args("context merge", &["contexts"], context_merge);
    registry.add_var_args("put all", &["contexts"], context_merge);
    registry.add("context", &["entries"], context);
}

fn get_entries<'a>(call: &mut CallContext<'_, 'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let [Value::Context(context)] = arguments else { return Ok(illegal_arguments(arguments)) };
    call.charge(context.len() * 2)?;
    let entry = |(key, value): (Text<'a>, Value<'a>)| {
        let mut map = ContextMap::new();
        map.put("key", Value::String(key));
        map.put("value", value);
        Value::context(map)
    };
    Ok(Value::list(context.iter().map(entry).collect()))
}

fn get_value<'a>(_: &mut CallContext<'_, 'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    Ok(match arguments {
        [Value::Context(context), Value::String(key)] => context.get(key).unwrap_or(Value::Null),
        [Value::Context(context), Value::List(keys)] => {
            strings(keys).map_or(Value::Null, |keys| value_at(context, &keys))
        }
        _ => illegal_arguments(arguments),
    })
}

/// The keys, if they all are strings.
fn strings<'a>(list: &List<'a>) -> Option<Vec<Text<'a>>> {
    let string = |item| match item {
        Value::String(text) => Some(text),
        _ => None,
    };
    list.iter().map(string).collect()
}

fn value_at<'a>(context: &Context<'a>, keys: &[Text<'a>]) -> Value<'a> {
    let mut found = Value::Context(context.clone());
    if keys.is_empty() {
        return Value::Null;
    }
    for key in keys {
        let Value::Context(inner) = found else { return Value::Null };
        found = inner.get(key).unwrap_or(Value::Null);
    }
    found
}

/// The forms that name their second parameter `keys` take nothing but a list there.
fn with_list<'a>(
    call: &mut CallContext<'_, 'a>,
    arguments: &[Value<'a>],
    body: fn(&mut CallContext<'_, 'a>, &[Value<'a>]) -> Answer<'a>,
) -> Answer<'a> {
    match arguments.get(1) {
        Some(Value::List(_)) => body(call, arguments),
        _ => Ok(illegal_arguments(arguments)),
    }
}

fn context_put<'a>(call: &mut CallContext<'_, 'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let [Value::Context(context), keys, value] = arguments else {
        return Ok(illegal_arguments(arguments));
    };
    call.charge(context.len() + 1)?;
    let keys = match keys {
        Value::String(key) => vec![key.clone()],
        Value::List(keys) if keys.is_empty() => return Ok(Value::Null),
        Value::List(keys) => match strings(keys) {
            Some(keys) => keys,
            None => return Ok(illegal_arguments(arguments)),
        },
        _ => return Ok(illegal_arguments(arguments)),
    };
    put_at(call, context, &keys, value)
}

/// Puts a value under a path of keys; what is no context on the way becomes one.
fn put_at<'a>(
    call: &mut CallContext<'_, 'a>,
    context: &Context<'a>,
    keys: &[Text<'a>],
    value: &Value<'a>,
) -> Answer<'a> {
    let Some((_, path)) = keys.split_last() else { return Ok(Value::Context(context.clone())) };
    let mut maps = vec![context.to_map()];
    for key in path {
        let inner = match maps.last().and_then(|map| map.get(key)) {
            Some(Value::Context(inner)) => inner.to_map(),
            _ => ContextMap::new(),
        };
        call.charge(inner.values().count() + 1)?;
        maps.push(inner);
    }
    let mut changed = value.clone();
    for (mut map, key) in maps.into_iter().zip(keys).rev() {
        map.put_entry(key.clone(), changed);
        changed = Value::context(map);
    }
    Ok(changed)
}

fn context_merge<'a>(call: &mut CallContext<'_, 'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let [Value::List(contexts)] = arguments else { return Ok(Value::Null) };
    let mut merged = ContextMap::new();
    for context in contexts.iter() {
        let Value::Context(context) = context else { return Ok(Value::Null) };
        call.charge(context.len() + 1)?;
        for (key, value) in context.iter() {
            merged.put(key, value);
        }
    }
    Ok(Value::context(merged))
}

/// A context from a list of `{key, value}`.
fn context<'a>(call: &mut CallContext<'_, 'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let [Value::List(entries)] = arguments else { return Ok(Value::Null) };
    call.charge(entries.len())?;
    let mut map = ContextMap::new();
    for entry in entries.iter() {
        let Value::Context(entry) = entry else { return Ok(Value::Null) };
        let (Some(Value::String(key)), Some(value)) = (entry.get("key"), entry.get("value")) else {
            return Ok(Value::Null);
        };
        map.put(key, value);
    }
    Ok(Value::context(map))
}
