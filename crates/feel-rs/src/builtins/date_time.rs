//! `date`, `time`, `date and time`, `duration`, `years and months duration`.

use super::Answer;
use crate::{
    CallContext, Failure, Value,
    decimal::Decimal,
    illegal_arguments,
    temporal::{
        self, Date, DateTime, DaysTimeDuration, LocalDateTime, LocalTime, Temporal, TemporalError, Time,
        YearsMonthsDuration, Zone,
    },
};

/// The day of a date or a date-time.
pub(super) fn date_of(value: &Value<'_>) -> Option<Date> {
    match value {
        Value::Date(date) => Some(*date),
        Value::LocalDateTime(value) => Some(value.date()),
        Value::DateTime(value) => Some(value.date()),
        _ => None,
    }
}

pub(super) fn date<'a>(_: &mut CallContext<'_, 'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    Ok(match arguments {
        [Value::String(text)] => match Date::parse(text) {
            Some(date) => Value::Date(date),
            None => Value::error(format!("Failed to parse date from '{text}'")),
        },
        [value] => date_of(value).map_or_else(|| illegal_arguments(arguments), Value::Date),
        _ => illegal_arguments(arguments),
    })
}

pub(super) fn date_of_parts<'a>(_: &mut CallContext<'_, 'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let [Value::Number(year), Value::Number(month), Value::Number(day)] = arguments else {
        return Ok(illegal_arguments(arguments));
    };
    let date = Date::of(year.int_value().into(), month.int_value().into(), day.int_value().into());
    Ok(date.map_or_else(
        |_| Value::error(format!("Failed to parse date from: year={year}, month={month}, day={day}")),
        Value::Date,
    ))
}

pub(super) fn date_and_time<'a>(_: &mut CallContext<'_, 'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let [Value::String(text)] = arguments else { return Ok(illegal_arguments(arguments)) };
    let (kind, value) = if temporal::is_date_text(text) {
        ("date(-time)", Date::parse(text).map(|date| Temporal::LocalDateTime(date.at_start_of_day())))
    } else if temporal::is_offset_date_time_text(text) {
        ("date-time", DateTime::parse(text).map(Temporal::DateTime))
    } else if temporal::is_local_date_time_text(text) {
        ("local-date-time", LocalDateTime::parse(text).map(Temporal::LocalDateTime))
    } else {
        ("date-time", None)
    };
    Ok(parsed(kind, text, value))
}

fn parsed<'a>(kind: &str, text: &str, value: Option<Temporal>) -> Value<'a> {
    value.map_or_else(|| Value::error(format!("Failed to parse {kind} from '{text}'")), Value::from)
}

pub(super) fn date_and_time_of_parts<'a>(_: &mut CallContext<'_, 'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let [first, second] = arguments else { return Ok(illegal_arguments(arguments)) };
    Ok(match (first, second) {
        (Value::LocalDateTime(local), Value::String(zone)) => {
            Value::DateTime(DateTime::of_local(*local, Zone::parse(zone)?)?)
        }
        (Value::DateTime(moment), Value::String(zone)) => {
            Value::DateTime(moment.with_zone(&Zone::parse(zone)?)?)
        }
        (day, Value::LocalTime(time)) => match date_of(day) {
            Some(date) => Value::LocalDateTime(date.at(*time)),
            None => illegal_arguments(arguments),
        },
        (day, Value::Time(time)) => match date_of(day) {
            Some(date) => Value::DateTime(time.with_date(date)?),
            None => illegal_arguments(arguments),
        },
        _ => illegal_arguments(arguments),
    })
}

pub(super) fn time<'a>(context: &mut CallContext<'_, 'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    Ok(match arguments {
        [Value::String(text)] if temporal::is_offset_time_text(text) => {
            let now = context.now()?.epoch_seconds();
            parsed("time", text, Time::parse(text, now).map(Temporal::Time))
        }
        [Value::String(text)] => parsed("local-time", text, LocalTime::parse(text).map(Temporal::LocalTime)),
        [Value::LocalDateTime(value)] => Value::LocalTime(value.time()),
        [Value::DateTime(value)] => Value::Time(value.to_time()),
        [Value::Date(_)] => Value::Time(Time::of_offset(LocalTime::MIDNIGHT, 0)?),
        _ => illegal_arguments(arguments),
    })
}

pub(super) fn time_of_parts<'a>(_: &mut CallContext<'_, 'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let [Value::Number(hour), Value::Number(minute), Value::Number(second)] = arguments else {
        return Ok(illegal_arguments(arguments));
    };
    Ok(match local_time(hour, minute, second) {
        Ok(time) => Value::LocalTime(time),
        Err(_) => local_time_error(hour, minute, second),
    })
}

pub(super) fn time_of_parts_and_offset<'a>(
    _: &mut CallContext<'_, 'a>,
    arguments: &[Value<'a>],
) -> Answer<'a> {
    let [Value::Number(hour), Value::Number(minute), Value::Number(second), offset] = arguments else {
        return Ok(illegal_arguments(arguments));
    };
    Ok(match offset {
        Value::DaysTimeDuration(offset) => match time_at(hour, minute, second, offset) {
            Ok(time) => Value::Time(time),
            Err(_) => Value::error(format!(
                "Failed to parse time from: hour={hour}, minute={minute}, second={second}, offset={}",
                offset.iso_text()
            )),
        },
        // Without an offset the fraction of the second is lost, as the reference does it.
        Value::Null => match time_of_integers(hour, minute, second, 0) {
            Ok(time) => Value::LocalTime(time),
            Err(_) => local_time_error(hour, minute, second),
        },
        _ => illegal_arguments(arguments),
    })
}

fn local_time_error<'a>(hour: &Decimal, minute: &Decimal, second: &Decimal) -> Value<'a> {
    Value::error(format!("Failed to parse local-time from: hour={hour}, minute={minute}, second={second}"))
}

fn time_at(
    hour: &Decimal,
    minute: &Decimal,
    second: &Decimal,
    offset: &DaysTimeDuration,
) -> Result<Time, Failure> {
    // Java cuts the seconds of the offset to 32 bits.
    let seconds = Decimal::from_i64(offset.total_seconds()).int_value();
    Ok(Time::of_offset(local_time(hour, minute, second)?, seconds)?)
}

/// The time of whole hours and minutes and of seconds with a fraction.
fn local_time(hour: &Decimal, minute: &Decimal, second: &Decimal) -> Result<LocalTime, Failure> {
    let nanos = second.rem(&Decimal::ONE)?.mul(&Decimal::from_i64(1_000_000_000))?.int_value();
    Ok(time_of_integers(hour, minute, second, nanos)?)
}

fn time_of_integers(
    hour: &Decimal,
    minute: &Decimal,
    second: &Decimal,
    nanos: i32,
) -> Result<LocalTime, TemporalError> {
    LocalTime::of(hour.int_value().into(), minute.int_value().into(), second.int_value().into(), nanos.into())
}

pub(super) fn duration<'a>(_: &mut CallContext<'_, 'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let [Value::String(text)] = arguments else { return Ok(illegal_arguments(arguments)) };
    Ok(if temporal::is_years_months_text(text) {
        parsed("year-month-duration", text, YearsMonthsDuration::parse(text).map(Temporal::YearsMonths))
    } else if temporal::is_days_time_text(text) {
        parsed("day-time-duration", text, DaysTimeDuration::parse(text).map(Temporal::DaysTime))
    } else {
        parsed("duration", text, None)
    })
}

pub(super) fn years_and_months<'a>(_: &mut CallContext<'_, 'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let dates = match arguments {
        [from, to] => date_of(from).zip(date_of(to)),
        _ => None,
    };
    Ok(match dates {
        Some((from, to)) => Value::YearsMonthsDuration(from.months_between(&to)),
        None => illegal_arguments(arguments),
    })
}
