//! `string`, `number`, `from json`, `to json`, and the registration of the temporal conversions.

use std::fmt::Write;

use super::{Answer, date_time, json, text_units};
use crate::{CallContext, Registry, Value, decimal::Decimal, illegal_arguments};

pub(super) fn register(registry: &mut Registry) {
    registry.add("date", &["from"], date_time::date);
    registry.add("date", &["year", "month", "day"], date_time::date_of_parts);
    registry.add("date and time", &["from"], date_time::date_and_time);
    registry.add("date and time", &["date", "time"], date_time::date_and_time_of_parts);
    registry.add("time", &["from"], date_time::time);
    registry.add("time", &["hour", "minute", "second"], date_time::time_of_parts);
    registry.add("time", &["hour", "minute", "second", "offset"], date_time::time_of_parts_and_offset);
    registry.add("number", &["from"], number);
    registry.add("number", &["from", "grouping separator"], number_grouped);
    registry.add("number", &["from", "grouping separator", "decimal separator"], number_separated);
    registry.add("string", &["from"], string);
    registry.add("duration", &["from"], date_time::duration);
    registry.add("years and months duration", &["from", "to"], date_time::years_and_months);
    registry.add("from json", &["json"], from_json);
    registry.add("to json", &["value"], to_json);
}

fn number<'a>(context: &mut CallContext<'_, 'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    match arguments {
        [Value::String(text)] => parse_number(context, text),
        _ => Ok(illegal_arguments(arguments)),
    }
}

fn parse_number<'a>(context: &mut CallContext<'_, 'a>, text: &str) -> Answer<'a> {
    // Reading digits takes as long as multiplying them.
    context.charge(text_units(text).saturating_mul(1 + text.len() / 2048))?;
    Ok(match Decimal::parse(text) {
        Ok(number) => Value::Number(number),
        Err(_) => Value::error(format!("Can't parse '{text}' as a number")),
    })
}

fn number_grouped<'a>(context: &mut CallContext<'_, 'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    match arguments {
        [Value::String(text), Value::String(grouping)] if is_grouping(grouping) => {
            parse_number(context, &text.replace(grouping.as_str(), ""))
        }
        [Value::String(_), Value::String(_)] => {
            Ok(Value::error("illegal argument for grouping. Must be one of ' ', ',' or '.'"))
        }
        _ => Ok(illegal_arguments(arguments)),
    }
}

fn number_separated<'a>(context: &mut CallContext<'_, 'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    match arguments {
        [Value::String(text), Value::String(grouping), Value::String(decimal)]
            if is_grouping(grouping) && is_decimal(decimal) && grouping != decimal =>
        {
            parse_number(context, &text.replace(grouping.as_str(), "").replace(decimal.as_str(), "."))
        }
        [Value::String(text), Value::Null, Value::String(decimal)] if is_decimal(decimal) => {
            parse_number(context, &text.replace(decimal.as_str(), "."))
        }
        [Value::String(text), Value::String(grouping), Value::Null] if is_grouping(grouping) => {
            parse_number(context, &text.replace(grouping.as_str(), ""))
        }
        [Value::String(_), Value::String(_), Value::String(_)] => Ok(Value::error(
            "illegal arguments for grouping or decimal. Must be one of ' ' (grouping only), ',' or '.'",
        )),
        _ => Ok(illegal_arguments(arguments)),
    }
}

fn is_grouping(separator: &str) -> bool {
    separator == " " || is_decimal(separator)
}

fn is_decimal(separator: &str) -> bool {
    matches!(separator, "," | ".")
}

fn string<'a>(context: &mut CallContext<'_, 'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    Ok(match arguments {
        [value @ (Value::Null | Value::String(_))] => value.clone(),
        [value] => {
            let mut text = String::with_capacity(24);
            // Writing to a string does not fail.
            let _ = write!(text, "{value}");
            context.charge(text_units(&text))?;
            Value::string(text)
        }
        _ => illegal_arguments(arguments),
    })
}

fn from_json<'a>(context: &mut CallContext<'_, 'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    match arguments {
        [Value::Null] => Ok(Value::Null),
        [Value::String(text)] => {
            context.charge(text.len() / 4 + 1)?;
            Ok(json::read(text)
                .unwrap_or_else(|| Value::error(format!("Failed to parse JSON from '{text}'"))))
        }
        _ => Ok(illegal_arguments(arguments)),
    }
}

fn to_json<'a>(context: &mut CallContext<'_, 'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let [value] = arguments else { return Ok(illegal_arguments(arguments)) };
    let text = json::write(value);
    context.charge(text_units(&text))?;
    Ok(Value::string(text))
}
