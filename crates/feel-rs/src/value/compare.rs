//! Equality and order of values.

use std::{cmp::Ordering, mem, rc::Rc};

use super::{Context, List, Value};

impl<'a> Value<'a> {
    /// FEEL's `=`: `None` when the two cannot be compared (different types, or types without equality).
    ///
    /// `null` compares with everything; inside lists and contexts what cannot be compared is unequal.
    pub fn equals(&self, other: &Value<'a>) -> Option<bool> {
        Some(match (self, other) {
            (Self::Null, other) | (other, Self::Null) => {
                matches!(other, Self::Null | Self::Error(_) | Self::FatalError(_))
            }
            (Self::Number(x), Self::Number(y)) => x == y,
            (Self::Boolean(x), Self::Boolean(y)) => x == y,
            (Self::String(x), Self::String(y)) => x == y,
            (Self::Date(x), Self::Date(y)) => x == y,
            (Self::LocalTime(x), Self::LocalTime(y)) => x == y,
            (Self::Time(x), Self::Time(y)) => x == y,
            (Self::LocalDateTime(x), Self::LocalDateTime(y)) => x == y,
            (Self::DateTime(x), Self::DateTime(y)) => x == y,
            (Self::YearsMonthsDuration(x), Self::YearsMonthsDuration(y)) => x == y,
            (Self::DaysTimeDuration(x), Self::DaysTimeDuration(y)) => x == y,
            (Self::List(x), Self::List(y)) => equal_lists(x, y),
            (Self::Context(x), Self::Context(y)) => equal_contexts(x, y),
            _ => return None,
        })
    }

    /// Whether both have the same representation: what `list contains` asks.
    ///
    /// Unlike [`Value::equals`] contexts that an expression made are the same only as one and the same context.
    pub fn same(&self, other: &Value<'a>) -> bool {
        match (self, other) {
            (Self::List(x), Self::List(y)) => {
                x.len() == y.len() && x.iter().zip(y.iter()).all(|(x, y)| x.same(&y))
            }
            (Self::Context(Context::Json(x)), Self::Context(Context::Json(y))) => x == y,
            (Self::Context(Context::Shared(x)), Self::Context(Context::Shared(y))) => Rc::ptr_eq(x, y),
            (Self::Context(_), Self::Context(_)) => false,
            (Self::Function(x), Self::Function(y)) => Rc::ptr_eq(x, y),
            (Self::Range(x), Self::Range(y)) => {
                x.start.closed == y.start.closed
                    && x.end.closed == y.end.closed
                    && x.start.value.same(&y.start.value)
                    && x.end.value.same(&y.end.value)
            }
            (Self::Null, Self::Null) => true,
            (Self::Error(x), Self::Error(y)) | (Self::FatalError(x), Self::FatalError(y)) => x == y,
            (Self::Null, _) | (_, Self::Null) => false,
            _ => self.equals(other) == Some(true),
        }
    }

    /// Whether `<` is defined: numbers, strings, temporal values, and lists of one comparable type.
    pub fn is_comparable(&self) -> bool {
        match self {
            Self::Number(_)
            | Self::String(_)
            | Self::Date(_)
            | Self::LocalTime(_)
            | Self::Time(_)
            | Self::LocalDateTime(_)
            | Self::DateTime(_)
            | Self::YearsMonthsDuration(_)
            | Self::DaysTimeDuration(_) => true,
            Self::List(items) => items
                .get(0)
                .is_some_and(|head| head.is_comparable() && items.iter().all(|item| item.has_type_of(&head))),
            _ => false,
        }
    }

    /// Whether both are of the same type; local and zoned times differ.
    pub fn has_type_of(&self, other: &Value<'_>) -> bool {
        mem::discriminant(self) == mem::discriminant(other)
    }

    /// The order of two values of one comparable type; `None` for lists and for different types.
    ///
    /// Strings compare by UTF-16 units, zoned times by instant.
    pub fn order(&self, other: &Value<'a>) -> Option<Ordering> {
        Some(match (self, other) {
            (Self::Number(x), Self::Number(y)) => x.cmp(y),
            (Self::String(x), Self::String(y)) => utf16_order(x, y),
            (Self::Date(x), Self::Date(y)) => x.cmp(y),
            (Self::LocalTime(x), Self::LocalTime(y)) => x.cmp(y),
            (Self::Time(x), Self::Time(y)) => x.compare(y),
            (Self::LocalDateTime(x), Self::LocalDateTime(y)) => x.cmp(y),
            (Self::DateTime(x), Self::DateTime(y)) => x.compare(y),
            (Self::YearsMonthsDuration(x), Self::YearsMonthsDuration(y)) => x.cmp(y),
            (Self::DaysTimeDuration(x), Self::DaysTimeDuration(y)) => x.cmp(y),
            _ => return None,
        })
    }
}

fn equal_lists<'a>(x: &List<'a>, y: &List<'a>) -> bool {
    x.len() == y.len() && x.iter().zip(y.iter()).all(|(x, y)| x.equals(&y) == Some(true))
}

fn equal_contexts<'a>(x: &Context<'a>, y: &Context<'a>) -> bool {
    x.len() == y.len()
        && x.written().all(|(key, value)| y.get(&key).is_some_and(|other| value.equals(&other) == Some(true)))
}

/// UTF-8 sorts as UTF-16 does, but for characters beyond the basic plane.
fn utf16_order(x: &str, y: &str) -> Ordering {
    x.encode_utf16().cmp(y.encode_utf16())
}
