//! Lists made from lists.

use super::{Answer, sort::sort};
use crate::{CallContext, Failure, List, Registry, Value, decimal::Decimal, illegal_arguments};

pub(super) fn register(registry: &mut Registry) {
    registry.add("sublist", &["list", "start"], sublist);
    registry.add("sublist", &["list", "start", "length"], sublist);
    registry.add_var_args("append", &["list", "items"], append);
    registry.add_var_args("concatenate", &["lists"], concatenate);
    registry.add("insert before", &["list", "position", "newItem"], insert_before);
    registry.add("remove", &["list", "position"], remove);
    registry.add("reverse", &["list"], reverse);
    registry.add_var_args("union", &["lists"], union);
    registry.add("distinct values", &["list"], distinct_values);
    registry.add("duplicate values", &["list"], duplicate_values);
    registry.add("flatten", &["list"], flatten);
    registry.add("sort", &["list", "precedes"], sort);
    registry.add("partition", &["list", "size"], partition);
}

/// The index of a position that counts from 1, or backwards from the end; 0, which a fraction below 1 is cut to, is
/// the end.
fn index(list: &List<'_>, position: i32) -> i64 {
    let length = i64::try_from(list.len()).unwrap_or(i64::MAX);
    if position > 0 { i64::from(position) - 1 } else { length + i64::from(position) }
}

/// As many items as a count says, none for a negative one.
fn count(number: i64) -> usize {
    usize::try_from(number.max(0)).unwrap_or(usize::MAX)
}

fn sublist<'a>(context: &mut CallContext<'_, 'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let (list, start, length) = match arguments {
        [Value::List(list), Value::Number(start)] => (list, start, None),
        [Value::List(list), Value::Number(start), Value::Number(length)] => (list, start, Some(length)),
        _ => return Ok(illegal_arguments(arguments)),
    };
    if start.is_zero() {
        return Ok(Value::error("start position must be a non-zero number"));
    }
    context.charge(list.len())?;
    let from = index(list, start.int_value());
    let to = length.map_or(i64::MAX, |length| from + i64::from(length.int_value()));
    let items = list.iter().take(count(to)).skip(count(from));
    Ok(Value::list(items.collect()))
}

fn append<'a>(context: &mut CallContext<'_, 'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let [Value::List(list), Value::List(items)] = arguments else {
        return Ok(illegal_arguments(arguments));
    };
    context.charge(list.len() + items.len())?;
    Ok(Value::list(list.iter().chain(items.iter()).collect()))
}

fn concatenate<'a>(context: &mut CallContext<'_, 'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let [Value::List(lists)] = arguments else { return Ok(illegal_arguments(arguments)) };
    Ok(Value::list(joined(context, lists)?))
}

/// The items of all lists; what is no list is an item itself.
fn joined<'a>(context: &mut CallContext<'_, 'a>, lists: &List<'a>) -> Result<Vec<Value<'a>>, Failure> {
    let mut items = Vec::new();
    for part in lists.iter() {
        match part {
            Value::List(list) => {
                context.charge(list.len() + 1)?;
                items.extend(list.iter());
            }
            item => {
                context.charge(1)?;
                items.push(item);
            }
        }
    }
    Ok(items)
}

fn insert_before<'a>(context: &mut CallContext<'_, 'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let [Value::List(list), Value::Number(position), item] = arguments else {
        return Ok(illegal_arguments(arguments));
    };
    if position.is_zero() {
        return Ok(zero_position());
    }
    context.charge(list.len() + 1)?;
    let at = count(index(list, position.int_value())).min(list.len());
    let mut items = list.to_vec();
    items.insert(at, item.clone());
    Ok(Value::list(items))
}

fn zero_position<'a>() -> Value<'a> {
    Value::error("position must be a non-zero number")
}

fn remove<'a>(context: &mut CallContext<'_, 'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let [Value::List(list), Value::Number(position)] = arguments else {
        return Ok(illegal_arguments(arguments));
    };
    if position.is_zero() {
        return Ok(zero_position());
    }
    context.charge(list.len() * 2)?;
    let position = position.int_value();
    let before = list.iter().take(count(index(list, position)));
    // The index of the next position counts anew, so that the last item is followed by the end.
    let after = list.iter().skip(count(index(list, position.wrapping_add(1))));
    Ok(Value::list(before.chain(after).collect()))
}

fn reverse<'a>(context: &mut CallContext<'_, 'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let [Value::List(list)] = arguments else { return Ok(illegal_arguments(arguments)) };
    context.charge(list.len())?;
    Ok(Value::list(list.iter().rev().collect()))
}

fn union<'a>(context: &mut CallContext<'_, 'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let [Value::List(lists)] = arguments else { return Ok(illegal_arguments(arguments)) };
    let items = joined(context, lists)?;
    Ok(Value::list(distinct(context, items)?))
}

fn distinct_values<'a>(context: &mut CallContext<'_, 'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let [Value::List(list)] = arguments else { return Ok(illegal_arguments(arguments)) };
    let items = distinct(context, list.to_vec())?;
    Ok(Value::list(items))
}

/// The first of all items that are equal to each other.
fn distinct<'a>(context: &mut CallContext<'_, 'a>, items: Vec<Value<'a>>) -> Result<Vec<Value<'a>>, Failure> {
    let mut kept: Vec<Value<'a>> = Vec::new();
    for item in items {
        context.charge(kept.len() / 8 + 1)?;
        if !kept.iter().any(|known| known.equals(&item) == Some(true)) {
            kept.push(item);
        }
    }
    Ok(kept)
}

fn duplicate_values<'a>(context: &mut CallContext<'_, 'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let [Value::List(list)] = arguments else { return Ok(illegal_arguments(arguments)) };
    let items = list.to_vec();
    let mut repeated = Vec::new();
    for candidate in distinct(context, items.clone())? {
        context.charge(items.len() / 8 + 1)?;
        if items.iter().filter(|item| item.equals(&candidate) == Some(true)).nth(1).is_some() {
            repeated.push(candidate);
        }
    }
    Ok(Value::list(repeated))
}

fn flatten<'a>(context: &mut CallContext<'_, 'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let [Value::List(list)] = arguments else { return Ok(illegal_arguments(arguments)) };
    let mut items = Vec::new();
    // A stack of our own, as lists may be nested deeper than the thread's allows.
    let mut pending: Vec<Value<'a>> = list.iter().rev().collect();
    while let Some(item) = pending.pop() {
        context.charge(1)?;
        match item {
            Value::List(inner) => pending.extend(inner.iter().rev()),
            item => items.push(item),
        }
    }
    Ok(Value::list(items))
}

fn partition<'a>(context: &mut CallContext<'_, 'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let [Value::List(list), Value::Number(size)] = arguments else {
        return Ok(illegal_arguments(arguments));
    };
    let width = count(size.int_value().into());
    if *size < Decimal::ONE || width == 0 {
        return Ok(Value::error(format!("'size' should be greater than zero but was '{size}'")));
    }
    context.charge(list.len() * 2)?;
    let parts = list.to_vec().chunks(width).map(|part| Value::list(part.to_vec())).collect();
    Ok(Value::list(parts))
}
