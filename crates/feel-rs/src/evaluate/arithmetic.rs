//! `+ - * / **` on numbers, strings and temporal values.

use super::{Evaluator, Failure, WarningKind, scope::Scope};
use crate::{
    Text, Value,
    syntax::{NodeId, Operator},
};

impl<'a> Evaluator<'a> {
    pub(super) fn arithmetic(
        &mut self,
        first: NodeId,
        rest: &'a [(Operator, NodeId)],
        scope: &Scope<'a>,
    ) -> Result<Value<'a>, Failure> {
        let mut result = self.evaluate(first, scope)?;
        for (operator, operand) in rest {
            let operand = self.evaluate(*operand, scope)?;
            self.charge(1)?;
            result = self.operate(*operator, result, operand)?;
        }
        Ok(result)
    }

    fn operate(&mut self, operator: Operator, x: Value<'a>, y: Value<'a>) -> Result<Value<'a>, Failure> {
        if operator == Operator::Power {
            return self.power(x, y);
        }
        for operand in [&x, &y] {
            match operand {
                Value::FatalError(_) => return Ok(operand.clone()),
                Value::Error(_) => return Ok(Value::Null),
                _ => {}
            }
        }
        if let (Value::Number(x), Value::Number(y)) = (&x, &y) {
            self.charge(x.work() + y.work())?;
        }
        let (x, y) = match (x, y, operator) {
            (Value::String(x), Value::String(y), Operator::Add) => return self.concatenate(x, &y),
            (x, y, _) => (x, y),
        };
        let result = match operator {
            Operator::Add => add(&x, &y)?,
            Operator::Subtract => subtract(&x, &y)?,
            Operator::Multiply => multiply(&x, &y)?,
            Operator::Divide | Operator::Power => divide(&x, &y)?,
        };
        Ok(result.unwrap_or_else(|| {
            self.warn(WarningKind::InvalidType, || refusal(operator, &x, &y));
            Value::Null
        }))
    }

    /// Looks at the second operand only when the first is a number.
    fn power(&mut self, x: Value<'a>, y: Value<'a>) -> Result<Value<'a>, Failure> {
        match (x, y) {
            (Value::Number(x), Value::Number(y)) => {
                // Some sixty multiplications at most.
                self.charge(x.work().saturating_mul(60))?;
                Ok(Value::Number(x.power(&y)?))
            }
            (Value::Number(_), other) | (other, _) => {
                self.expected("number", &other);
                Ok(match other {
                    Value::FatalError(_) => other,
                    _ => Value::Null,
                })
            }
        }
    }

    fn concatenate(&mut self, x: Text<'a>, y: &str) -> Result<Value<'a>, Failure> {
        self.charge((x.len() + y.len()) / 16)?;
        Ok(Value::String(x.followed_by(y)))
    }
}

fn refusal(operator: Operator, x: &Value<'_>, y: &Value<'_>) -> String {
    match operator {
        Operator::Add => format!("Can't add '{y}' to '{x}'"),
        Operator::Subtract => format!("Can't subtract '{y}' from '{x}'"),
        Operator::Multiply => format!("Can't multiply '{x}' by '{y}'"),
        Operator::Divide | Operator::Power => format!("Can't divide '{x}' by '{y}'"),
    }
}

fn add<'a>(x: &Value<'a>, y: &Value<'a>) -> Result<Option<Value<'a>>, Failure> {
    use Value::{
        Date, DateTime, DaysTimeDuration, LocalDateTime, LocalTime, Number, Time, YearsMonthsDuration,
    };
    Ok(Some(match (x, y) {
        (Number(x), Number(y)) => Number(x.add(y)?),
        (LocalTime(time), DaysTimeDuration(duration)) | (DaysTimeDuration(duration), LocalTime(time)) => {
            LocalTime(time.plus(duration))
        }
        (Time(time), DaysTimeDuration(duration)) | (DaysTimeDuration(duration), Time(time)) => {
            Time(time.plus(duration))
        }
        (LocalDateTime(at), YearsMonthsDuration(duration))
        | (YearsMonthsDuration(duration), LocalDateTime(at)) => LocalDateTime(at.plus_months(duration)?),
        (LocalDateTime(at), DaysTimeDuration(duration)) | (DaysTimeDuration(duration), LocalDateTime(at)) => {
            LocalDateTime(at.plus(duration)?)
        }
        (DateTime(at), YearsMonthsDuration(duration)) | (YearsMonthsDuration(duration), DateTime(at)) => {
            DateTime(at.plus_months(duration)?)
        }
        (DateTime(at), DaysTimeDuration(duration)) | (DaysTimeDuration(duration), DateTime(at)) => {
            DateTime(at.plus(duration)?)
        }
        (Date(date), YearsMonthsDuration(duration)) | (YearsMonthsDuration(duration), Date(date)) => {
            Date(date.plus_months(duration)?)
        }
        (Date(date), DaysTimeDuration(duration)) | (DaysTimeDuration(duration), Date(date)) => {
            Date(date.plus(duration)?)
        }
        (YearsMonthsDuration(x), YearsMonthsDuration(y)) => YearsMonthsDuration(x.plus(y)?),
        (DaysTimeDuration(x), DaysTimeDuration(y)) => DaysTimeDuration(x.plus(y)?),
        _ => return Ok(None),
    }))
}

fn subtract<'a>(x: &Value<'a>, y: &Value<'a>) -> Result<Option<Value<'a>>, Failure> {
    use Value::{
        Date, DateTime, DaysTimeDuration, LocalDateTime, LocalTime, Number, Time, YearsMonthsDuration,
    };
    Ok(Some(match (x, y) {
        (Number(x), Number(y)) => Number(x.sub(y)?),
        (LocalTime(x), LocalTime(y)) => DaysTimeDuration(x.since(y)),
        (LocalTime(time), DaysTimeDuration(duration)) => LocalTime(time.minus(duration)),
        (Time(x), Time(y)) => DaysTimeDuration(x.since(y)),
        (Time(time), DaysTimeDuration(duration)) => Time(time.minus(duration)),
        (LocalDateTime(x), LocalDateTime(y)) => DaysTimeDuration(x.since(y)?),
        (LocalDateTime(at), YearsMonthsDuration(duration)) => LocalDateTime(at.minus_months(duration)?),
        (LocalDateTime(at), DaysTimeDuration(duration)) => LocalDateTime(at.minus(duration)?),
        (DateTime(x), DateTime(y)) => DaysTimeDuration(x.since(y)?),
        (DateTime(at), YearsMonthsDuration(duration)) => DateTime(at.minus_months(duration)?),
        (DateTime(at), DaysTimeDuration(duration)) => DateTime(at.minus(duration)?),
        (Date(x), Date(y)) => DaysTimeDuration(x.since(y)),
        (Date(date), YearsMonthsDuration(duration)) => Date(date.minus_months(duration)?),
        (Date(date), DaysTimeDuration(duration)) => Date(date.minus(duration)?),
        (YearsMonthsDuration(x), YearsMonthsDuration(y)) => YearsMonthsDuration(x.minus(y)?),
        (DaysTimeDuration(x), DaysTimeDuration(y)) => DaysTimeDuration(x.minus(y)?),
        _ => return Ok(None),
    }))
}

/// The factor of a duration loses its fraction.
fn multiply<'a>(x: &Value<'a>, y: &Value<'a>) -> Result<Option<Value<'a>>, Failure> {
    use Value::{DaysTimeDuration, Number, YearsMonthsDuration};
    Ok(Some(match (x, y) {
        (Number(x), Number(y)) => Number(x.mul(y)?),
        (Number(factor), YearsMonthsDuration(duration)) | (YearsMonthsDuration(duration), Number(factor)) => {
            YearsMonthsDuration(duration.times(factor.int_value())?)
        }
        (Number(factor), DaysTimeDuration(duration)) | (DaysTimeDuration(duration), Number(factor)) => {
            DaysTimeDuration(duration.times(factor.int_value())?)
        }
        _ => return Ok(None),
    }))
}

/// A duration by a duration is a whole number, of months or milliseconds.
fn divide<'a>(x: &Value<'a>, y: &Value<'a>) -> Result<Option<Value<'a>>, Failure> {
    use Value::{DaysTimeDuration, Number, YearsMonthsDuration};
    Ok(Some(match (x, y) {
        (Number(x), Number(y)) if !y.is_zero() => Number(x.div(y)?),
        (YearsMonthsDuration(x), Number(y)) if !y.is_zero() => YearsMonthsDuration(x.divided_by(y)?),
        (YearsMonthsDuration(x), YearsMonthsDuration(y)) if !y.is_zero() => match x.ratio(y) {
            Some(ratio) => Value::integer(ratio),
            None => return Ok(None),
        },
        (DaysTimeDuration(x), DaysTimeDuration(y)) if !y.is_zero() => Value::integer(x.ratio(y)?),
        (DaysTimeDuration(x), Number(y)) if !y.is_zero() => DaysTimeDuration(x.divided_by(y)?),
        _ => return Ok(None),
    }))
}
