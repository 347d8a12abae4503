//! The text of a value as error texts and the string function write it.

use std::fmt;

use super::{Bound, Context, List, Range, Value};

impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Boolean(value) => value.fmt(f),
            Self::Number(value) => value.fmt(f),
            Self::String(text) => write!(f, "\"{text}\""),
            Self::Date(value) => value.fmt(f),
            Self::LocalTime(value) => value.fmt(f),
            Self::Time(value) => value.fmt(f),
            Self::LocalDateTime(value) => value.fmt(f),
            Self::DateTime(value) => value.fmt(f),
            Self::YearsMonthsDuration(value) => value.fmt(f),
            Self::DaysTimeDuration(value) => value.fmt(f),
            Self::List(items) => items.fmt(f),
            Self::Context(context) => context.fmt(f),
            Self::Range(range) => range.fmt(f),
            Self::Function(function) => {
                write!(f, "function({})", function.parameters().collect::<Vec<_>>().join(", "))
            }
            Self::Error(message) => write!(f, "error(\"{message}\")"),
            Self::FatalError(message) => write!(f, "fatal error(\"{message}\")"),
        }
    }
}

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (position, item) in self.iter().enumerate() {
            if position > 0 {
                f.write_str(", ")?;
            }
            item.fmt(f)?;
        }
        f.write_str("]")
    }
}

impl fmt::Display for Context<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (position, (key, value)) in self.iter().enumerate() {
            if position > 0 {
                f.write_str(", ")?;
            }
            write!(f, "{key}:{value}")?;
        }
        f.write_str("}")
    }
}

impl fmt::Display for Range<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.start.closed { "[" } else { "(" })?;
        write!(f, "{}..{}", self.start, self.end)?;
        f.write_str(if self.end.closed { "]" } else { ")" })
    }
}

impl fmt::Display for Bound<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}
