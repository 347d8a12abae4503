//! The values that an expression works on.

mod compare;
mod context;
mod display;
mod hash_order;
mod json;
mod list;
mod property;
mod size;
mod text;

use std::rc::Rc;

use crate::{
    decimal::Decimal,
    evaluate::Function,
    temporal::{
        Date, DateTime, DaysTimeDuration, LocalDateTime, LocalTime, Temporal, Time, YearsMonthsDuration,
    },
};

pub(crate) use context::field;
pub use context::{Context, ContextMap};
pub use list::{List, SharedList};
pub(crate) use size::Size;
pub use text::Text;

/// A FEEL value that lives as long as the expression and the input it was made from (`'a`).
///
/// JSON input is borrowed and looked into only where an expression asks for it.
/// A value belongs to one evaluation and one thread; [`Value::to_json`] is the way out.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Value<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// A decimal number of 34 digits (or as many as its literal had).
    Number(Decimal),
    /// A string.
    String(Text<'a>),
    /// A calendar day.
    Date(Date),
    /// A time of day without an offset.
    LocalTime(LocalTime),
    /// A time of day with an offset or zone.
    Time(Time),
    /// A day and time without an offset.
    LocalDateTime(LocalDateTime),
    /// A day and time with an offset or zone.
    DateTime(DateTime),
    /// A duration in months.
    YearsMonthsDuration(YearsMonthsDuration),
    /// A duration in seconds.
    DaysTimeDuration(DaysTimeDuration),
    /// A list.
    List(List<'a>),
    /// A context: names with values, in the order they were written.
    Context(Context<'a>),
    /// A range, which exists only as the argument of a function.
    Range(Rc<Range<'a>>),
    /// A function that the expression itself defines.
    Function(Rc<Function<'a>>),
    /// A failure that most rules turn into `null`; as the result it fails the evaluation.
    Error(Rc<str>),
    /// A failure that no rule turns into `null`.
    FatalError(Rc<str>),
}

/// Two comparable ends, each of which belongs to the range or not.
#[derive(Clone, Debug)]
pub struct Range<'a> {
    /// Where it starts.
    pub start: Bound<'a>,
    /// Where it ends.
    pub end: Bound<'a>,
}

/// One end of a [`Range`].
#[derive(Clone, Debug)]
pub struct Bound<'a> {
    /// The value at this end.
    pub value: Value<'a>,
    /// Whether the value itself belongs to the range.
    pub closed: bool,
}

impl<'a> Value<'a> {
    /// A string value.
    pub fn string(text: impl Into<Text<'a>>) -> Self {
        Self::String(text.into())
    }

    /// A list value.
    pub fn list(items: Vec<Value<'a>>) -> Self {
        Self::List(List::from(items))
    }

    /// A context value.
    pub fn context(entries: ContextMap<'a>) -> Self {
        Self::Context(Context::from(entries))
    }

    /// A failure with a text.
    pub fn error(message: impl AsRef<str>) -> Self {
        Self::Error(Rc::from(message.as_ref()))
    }

    /// A whole number.
    pub fn integer(number: i64) -> Self {
        Self::Number(Decimal::from_i64(number))
    }

    /// Whether this is `null`.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Whether this is an [`Value::Error`] or a [`Value::FatalError`].
    pub fn is_failure(&self) -> bool {
        matches!(self, Self::Error(_) | Self::FatalError(_))
    }

    /// The name of the type as `instance of` and error texts write it: local times are `time`, local date-times are `date and time`.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean(_) => "boolean",
            Self::Number(_) => "number",
            Self::String(_) => "string",
            Self::Date(_) => "date",
            Self::LocalTime(_) | Self::Time(_) => "time",
            Self::LocalDateTime(_) | Self::DateTime(_) => "date and time",
            Self::YearsMonthsDuration(_) => "years and months duration",
            Self::DaysTimeDuration(_) => "days and time duration",
            Self::List(_) => "list",
            Self::Context(_) => "context",
            Self::Range(_) => "range",
            Self::Function(_) => "function",
            Self::Error(_) => "error",
            Self::FatalError(_) => "fatal error",
        }
    }

    /// As [`Value::type_name`], but tells `local time` and `local date and time` from the zoned ones.
    pub fn exact_type_name(&self) -> &'static str {
        match self {
            Self::LocalTime(_) => "local time",
            Self::LocalDateTime(_) => "local date and time",
            _ => self.type_name(),
        }
    }
}

impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}

impl From<Decimal> for Value<'_> {
    fn from(value: Decimal) -> Self {
        Self::Number(value)
    }
}

impl From<String> for Value<'_> {
    fn from(value: String) -> Self {
        Self::string(value)
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(value: &'a str) -> Self {
        Self::string(value)
    }
}

impl From<Temporal> for Value<'_> {
    fn from(value: Temporal) -> Self {
        match value {
            Temporal::Date(value) => Self::Date(value),
            Temporal::LocalTime(value) => Self::LocalTime(value),
            Temporal::Time(value) => Self::Time(value),
            Temporal::LocalDateTime(value) => Self::LocalDateTime(value),
            Temporal::DateTime(value) => Self::DateTime(value),
            Temporal::YearsMonths(value) => Self::YearsMonthsDuration(value),
            Temporal::DaysTime(value) => Self::DaysTimeDuration(value),
        }
    }
}
