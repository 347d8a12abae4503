//! Functions on strings that need no pattern.

use super::{Answer, base64, random, text_units, utf16};
use crate::{CallContext, Failure, Registry, Value, illegal_arguments};

pub(super) fn register(registry: &mut Registry) {
    registry.add("substring", &["string", "start position"], substring);
    registry.add("substring", &["string", "start position", "length"], substring);
    registry.add("string length", &["string"], |context, a| of_text(context, a, string_length));
    registry
        .add("upper case", &["string"], |context, a| of_text(context, a, |text| text.to_uppercase().into()));
    registry
        .add("lower case", &["string"], |context, a| of_text(context, a, |text| text.to_lowercase().into()));
    registry.add("substring before", &["string", "match"], |context, a| of_pair(context, a, before));
    registry.add("substring after", &["string", "match"], |context, a| of_pair(context, a, after));
    registry.add("contains", &["string", "match"], |context, a| {
        of_pair(context, a, |text, part| Value::Boolean(text.contains(part)))
    });
    registry.add("starts with", &["string", "match"], |context, a| {
        of_pair(context, a, |text, part| Value::Boolean(text.starts_with(part)))
    });
    registry.add("ends with", &["string", "match"], |context, a| {
        of_pair(context, a, |text, part| Value::Boolean(text.ends_with(part)))
    });
    registry.add("trim", &["string"], |context, a| {
        // Java trims everything up to the space, control characters included, and nothing beyond.
        of_text(context, a, |text| text.trim_matches(|char| char <= ' ').to_owned().into())
    });
    registry.add("is blank", &["string"], |context, a| {
        of_text(context, a, |text| Value::Boolean(text.chars().all(is_java_whitespace)))
    });
    registry.add("uuid", &[], uuid);
    registry.add("to base64", &["value"], |context, a| {
        of_text(context, a, |text| base64::encode(text.as_bytes()).into())
    });
    registry.add("from base64", &["value"], |context, a| of_text(context, a, from_base64));
}

fn of_text<'a>(
    context: &mut CallContext<'_, 'a>,
    arguments: &[Value<'a>],
    compute: impl FnOnce(&str) -> Value<'a>,
) -> Answer<'a> {
    let [Value::String(text)] = arguments else { return Ok(illegal_arguments(arguments)) };
    context.charge(text_units(text))?;
    Ok(compute(text))
}

fn of_pair<'a>(
    context: &mut CallContext<'_, 'a>,
    arguments: &[Value<'a>],
    compute: impl FnOnce(&str, &str) -> Value<'a>,
) -> Answer<'a> {
    let [Value::String(text), Value::String(part)] = arguments else {
        return Ok(illegal_arguments(arguments));
    };
    context.charge(text_units(text))?;
    Ok(compute(text, part))
}

fn string_length<'a>(text: &str) -> Value<'a> {
    Value::Number(crate::decimal::Decimal::from_usize(utf16::length(text)))
}

fn before<'a>(text: &str, part: &str) -> Value<'a> {
    text.split_once(part).map_or("", |(before, _)| before).to_owned().into()
}

fn after<'a>(text: &str, part: &str) -> Value<'a> {
    text.split_once(part).map_or("", |(_, after)| after).to_owned().into()
}

fn from_base64<'a>(text: &str) -> Value<'a> {
    match base64::decode(text) {
        Some(bytes) => String::from_utf8_lossy(&bytes).into_owned().into(),
        None => Value::error(format!("Invalid Base64 value '{text}'")),
    }
}

fn is_java_whitespace(char: char) -> bool {
    match char {
        '\u{9}'..='\u{d}' | '\u{1c}'..='\u{1f}' => true,
        '\u{85}' | '\u{a0}' | '\u{2007}' | '\u{202f}' => false,
        other => other.is_whitespace(),
    }
}

/// Positions count from 1, negative ones from the end; 0 is the end itself.
fn substring<'a>(context: &mut CallContext<'_, 'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let (text, start, wanted) = match arguments {
        [Value::String(text), Value::Number(start)] => (text, start, None),
        [Value::String(text), Value::Number(start), Value::Number(length)] => (text, start, Some(length)),
        _ => return Ok(illegal_arguments(arguments)),
    };
    context.charge(text_units(text))?;
    let length = i32::try_from(utf16::length(text)).unwrap_or(i32::MAX);
    let position = start.int_value();
    let start = if position > 0 { position - 1 } else { length.wrapping_add(position) };
    let end = wanted.map_or(length, |wanted| start.wrapping_add(wanted.int_value()).min(length));
    let range = usize::try_from(start).ok().zip(usize::try_from(end).ok());
    range.and_then(|(start, end)| utf16::slice(text, start, end)).map(Value::from).ok_or_else(|| {
        Failure::thrown(
            "java.lang.StringIndexOutOfBoundsException",
            format!("Range [{start}, {end}) out of bounds for length {length}"),
        )
    })
}

fn uuid<'a>(context: &mut CallContext<'_, 'a>, _: &[Value<'a>]) -> Answer<'a> {
    let now = context.now()?;
    let millis =
        now.epoch_seconds().saturating_mul(1000).saturating_add((now.time().nano() / 1_000_000).into());
    Ok(random::uuid(millis).into())
}
