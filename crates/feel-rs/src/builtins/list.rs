//! Questions to lists, and joining strings.

use super::{Answer, text_units};
use crate::{CallContext, Failure, List, Registry, Value, decimal::Decimal, illegal_arguments};

pub(super) fn register(registry: &mut Registry) {
    registry.add("list contains", &["list", "element"], list_contains);
    registry.add("count", &["list"], |_, arguments| match arguments {
        [Value::List(list)] => Ok(Value::Number(Decimal::from_usize(list.len()))),
        _ => Ok(illegal_arguments(arguments)),
    });
    registry.add("is empty", &["list"], |_, arguments| match arguments {
        [Value::List(list)] => Ok(Value::Boolean(list.is_empty())),
        _ => Ok(illegal_arguments(arguments)),
    });
    registry.add("index of", &["list", "match"], index_of);
    registry.add_var_args("min", &["list"], |context, a| extreme(context, a, std::cmp::Ordering::Less));
    registry.add_var_args("max", &["list"], |context, a| extreme(context, a, std::cmp::Ordering::Greater));
    for name in ["and", "all"] {
        registry.add_var_args(name, &["list"], |context, a| logical(context, a, false));
    }
    for name in ["or", "any"] {
        registry.add_var_args(name, &["list"], |context, a| logical(context, a, true));
    }
    registry.add("string join", &["list"], string_join);
    registry.add("string join", &["list", "delimiter"], string_join);
    registry.add("string join", &["list", "delimiter", "prefix", "suffix"], string_join);
}

fn list_contains<'a>(context: &mut CallContext<'_, 'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let [Value::List(list), element] = arguments else { return Ok(illegal_arguments(arguments)) };
    context.charge(list.len())?;
    Ok(Value::Boolean(list.iter().any(|item| item.same(element))))
}

fn index_of<'a>(context: &mut CallContext<'_, 'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let [Value::List(list), wanted] = arguments else { return Ok(illegal_arguments(arguments)) };
    context.charge(list.len())?;
    let positions = (1..).zip(list.iter()).filter(|(_, item)| item.equals(wanted) == Some(true));
    Ok(Value::list(positions.map(|(position, _)| Value::integer(position)).collect()))
}

/// The least or the greatest item, the first of equal ones.
fn extreme<'a>(
    context: &mut CallContext<'_, 'a>,
    arguments: &[Value<'a>],
    wanted: std::cmp::Ordering,
) -> Answer<'a> {
    let [list_value @ Value::List(list)] = arguments else { return Ok(illegal_arguments(arguments)) };
    context.charge(list.len())?;
    if list.is_empty() {
        return Ok(Value::Null);
    }
    if !list_value.is_comparable() {
        return Ok(Value::error(format!("{list_value} is not comparable")));
    }
    let mut best: Option<Value<'a>> = None;
    for item in list.iter() {
        best = Some(match best {
            None => item,
            Some(best) if compare(&item, &best)? == wanted => item,
            Some(best) => best,
        });
    }
    Ok(best.unwrap_or(Value::Null))
}

fn compare<'a>(item: &Value<'a>, best: &Value<'a>) -> Result<std::cmp::Ordering, Failure> {
    item.order(best).ok_or_else(|| {
        Failure::thrown("java.lang.IllegalArgumentException", format!("{best} can not be compared to {item}"))
    })
}

/// `decisive` if any item is, else its opposite if all items are booleans, else `null`.
fn logical<'a>(context: &mut CallContext<'_, 'a>, arguments: &[Value<'a>], decisive: bool) -> Answer<'a> {
    let [Value::List(list)] = arguments else { return Ok(illegal_arguments(arguments)) };
    context.charge(list.len())?;
    let mut all_booleans = true;
    for item in list.iter() {
        match item {
            Value::Boolean(value) if value == decisive => return Ok(Value::Boolean(decisive)),
            Value::Boolean(_) => {}
            _ => all_booleans = false,
        }
    }
    Ok(if all_booleans { Value::Boolean(!decisive) } else { Value::Null })
}

fn string_join<'a>(context: &mut CallContext<'_, 'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let (list, delimiter, prefix, suffix) = match arguments {
        [Value::List(list)]
        | [Value::List(list), Value::Null]
        | [Value::List(list), Value::Null, Value::Null, Value::Null] => (list, "", "", ""),
        [Value::List(list), Value::String(delimiter)]
        | [Value::List(list), Value::String(delimiter), Value::Null, Value::Null] => {
            (list, delimiter.as_str(), "", "")
        }
        [Value::List(list), Value::Null, Value::String(prefix), Value::String(suffix)] => {
            (list, "", prefix.as_str(), suffix.as_str())
        }
        [Value::List(list), Value::String(delimiter), Value::String(prefix), Value::String(suffix)] => {
            (list, delimiter.as_str(), prefix.as_str(), suffix.as_str())
        }
        _ => return Ok(illegal_arguments(arguments)),
    };
    join(context, list, delimiter, prefix, suffix)
}

fn join<'a>(
    context: &mut CallContext<'_, 'a>,
    list: &List<'a>,
    delimiter: &str,
    prefix: &str,
    suffix: &str,
) -> Answer<'a> {
    let mut joined = prefix.to_owned();
    let mut first = true;
    for item in list.iter() {
        match item {
            Value::String(text) => {
                context.charge(text_units(&text) + delimiter.len() / 16)?;
                if !first {
                    joined.push_str(delimiter);
                }
                joined.push_str(&text);
                first = false;
            }
            Value::Null => {}
            _ => return Ok(not_strings(list)),
        }
    }
    joined.push_str(suffix);
    Ok(joined.into())
}

/// The reference writes the list as Scala does, which tells those of the input from those of the expression.
fn not_strings<'a>(list: &List<'a>) -> Value<'a> {
    let kind = if matches!(list, List::Json(_)) { "List" } else { "Vector" };
    let items: Vec<String> = list.iter().map(|item| item.to_string()).collect();
    Value::error(format!("expected a list of strings but found '{kind}({})'", items.join(", ")))
}
