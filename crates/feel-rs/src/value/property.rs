//! The properties of temporal values and ranges: `date.year`, `duration.hours`, …

use super::Value;
use crate::temporal::{Date, DaysTimeDuration};

impl<'a> Value<'a> {
    /// The value of a property, `None` when the type has no such property.
    pub fn property(&self, name: &str) -> Option<Value<'a>> {
        match self {
            Self::Date(date) => date_property(date, name),
            Self::LocalTime(time) => match name {
                "hour" => Some(whole(time.hour())),
                "minute" => Some(whole(time.minute())),
                "second" => Some(whole(time.second())),
                "time offset" | "timezone" => Some(Self::Null),
                _ => None,
            },
            Self::Time(value) => match name {
                "time offset" => Some(offset(value.offset_seconds())),
                "timezone" => Some(zone(value.zone_id())),
                _ => Self::LocalTime(value.time()).property(name),
            },
            Self::LocalDateTime(value) => {
                date_property(&value.date(), name).or_else(|| Self::LocalTime(value.time()).property(name))
            }
            Self::DateTime(value) => match name {
                "time offset" => Some(offset(value.offset_seconds())),
                "timezone" => Some(zone(value.zone_id())),
                _ => date_property(&value.date(), name)
                    .or_else(|| Self::LocalTime(value.time()).property(name)),
            },
            Self::YearsMonthsDuration(value) => match name {
                "years" => Some(Self::integer(value.years())),
                "months" => Some(Self::integer(value.months())),
                _ => None,
            },
            Self::DaysTimeDuration(value) => match name {
                "days" => Some(Self::integer(value.days())),
                "hours" => Some(Self::integer(value.hours())),
                "minutes" => Some(Self::integer(value.minutes())),
                "seconds" => Some(Self::integer(value.seconds())),
                _ => None,
            },
            Self::Range(range) => match name {
                "start" => Some(range.start.value.clone()),
                "end" => Some(range.end.value.clone()),
                "start included" => Some(Self::Boolean(range.start.closed)),
                "end included" => Some(Self::Boolean(range.end.closed)),
                _ => None,
            },
            _ => None,
        }
    }

    /// The names of the type's properties, in the order that error texts list them.
    pub(crate) fn property_names(&self) -> &'static [&'static str] {
        match self {
            Self::Date(_) => &["year", "month", "day", "weekday"],
            Self::LocalTime(_) | Self::Time(_) => &["timezone", "second", "time offset", "minute", "hour"],
            Self::LocalDateTime(_) | Self::DateTime(_) => {
                &["timezone", "year", "second", "month", "day", "time offset", "weekday", "minute", "hour"]
            }
            Self::YearsMonthsDuration(_) => &["years", "months"],
            Self::DaysTimeDuration(_) => &["days", "hours", "minutes", "seconds"],
            Self::Range(_) => &["start", "end", "start included", "end included"],
            _ => &[],
        }
    }
}

fn date_property<'a>(date: &Date, name: &str) -> Option<Value<'a>> {
    match name {
        "year" => Some(Value::integer(date.year())),
        "month" => Some(whole(date.month())),
        "day" => Some(whole(date.day())),
        "weekday" => Some(whole(date.weekday())),
        _ => None,
    }
}

fn whole<'a>(number: u8) -> Value<'a> {
    Value::integer(i64::from(number))
}

fn offset<'a>(seconds: i32) -> Value<'a> {
    Value::DaysTimeDuration(DaysTimeDuration::of_seconds(i64::from(seconds)))
}

fn zone<'a>(id: Option<&str>) -> Value<'a> {
    id.map_or(Value::Null, |id| Value::string(id.to_owned()))
}
