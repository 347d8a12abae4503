//! `now`, `today`, and what a calendar says of a date.

use super::{Answer, date_time::date_of};
use crate::{
    CallContext, Registry, Value, illegal_arguments,
    temporal::{Date, MONTHS},
};

const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

pub(super) fn register(registry: &mut Registry) {
    registry.add("now", &[], now);
    registry.add("today", &[], today);
    registry.add("day of year", &["date"], |_, arguments| {
        of_date(arguments, |date| Value::integer(date.day_of_year().into()))
    });
    registry.add("day of week", &["date"], |_, arguments| {
        of_date(arguments, |date| name(&WEEKDAYS, date.weekday()))
    });
    registry.add("month of year", &["date"], |_, arguments| {
        of_date(arguments, |date| name(&MONTHS, date.month()))
    });
    registry.add("week of year", &["date"], |_, arguments| {
        of_date(arguments, |date| Value::integer(date.week_of_year().into()))
    });
    registry.add("last day of month", &["date"], |_, arguments| {
        of_date(arguments, |date| Value::Date(date.last_day_of_month()))
    });
}

fn now<'a>(context: &mut CallContext<'_, 'a>, _: &[Value<'a>]) -> Answer<'a> {
    Ok(Value::DateTime(context.now()?))
}

fn today<'a>(context: &mut CallContext<'_, 'a>, _: &[Value<'a>]) -> Answer<'a> {
    Ok(Value::Date(context.now()?.date()))
}

/// Asks a date, or the date of a date-time.
fn of_date<'a>(arguments: &[Value<'a>], ask: impl FnOnce(Date) -> Value<'a>) -> Answer<'a> {
    Ok(match arguments {
        [value] => date_of(value).map_or_else(|| illegal_arguments(arguments), ask),
        _ => illegal_arguments(arguments),
    })
}

/// The name at a position that counts from 1.
fn name<'a>(names: &[&'static str], position: u8) -> Value<'a> {
    let index = usize::from(position).checked_sub(1);
    Value::string(index.and_then(|index| names.get(index)).copied().unwrap_or_default())
}
