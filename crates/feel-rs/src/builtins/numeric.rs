//! Rounding, remainders, roots and logarithms.

use super::{Answer, random::random_unit};
use crate::{
    CallContext, Failure, Registry, Value,
    decimal::{Decimal, DecimalError, Rounding},
    illegal_arguments,
};

pub(super) fn register(registry: &mut Registry) {
    registry.add("decimal", &["n", "scale"], |context, a| round(context, a, Rounding::HalfEven));
    registry.add("decimal", &["n", "scale", "mode"], decimal_with_mode);
    registry.add("floor", &["n"], |context, a| round(context, a, Rounding::Floor));
    // The parameter is misspelt in the reference, and calls by name depend on it.
    registry.add("floor", &["n", "scala"], |context, a| round(context, a, Rounding::Floor));
    registry.add("ceiling", &["n"], |context, a| round(context, a, Rounding::Ceiling));
    registry.add("ceiling", &["n", "scale"], |context, a| round(context, a, Rounding::Ceiling));
    registry.add("round up", &["n", "scale"], |context, a| round(context, a, Rounding::Up));
    registry.add("round down", &["n", "scale"], |context, a| round(context, a, Rounding::Down));
    registry.add("round half up", &["n", "scale"], |context, a| round(context, a, Rounding::HalfUp));
    registry.add("round half down", &["n", "scala"], |context, a| round(context, a, Rounding::HalfDown));
    registry.add("abs", &["number"], abs);
    registry.add("abs", &["n"], abs);
    registry.add("modulo", &["dividend", "divisor"], modulo);
    registry.add("sqrt", &["number"], sqrt);
    registry.add("log", &["number"], |_, a| through_double(a, Decimal::ln));
    registry.add("exp", &["number"], |_, a| through_double(a, Decimal::exp));
    registry.add("odd", &["number"], |_, a| parity(a, &Decimal::ONE));
    registry.add("even", &["number"], |_, a| parity(a, &Decimal::ZERO));
    registry.add("random number", &[], |_, _| Ok(Value::Number(Decimal::from_f64(random_unit())?)));
}

/// `[n]` rounded to an integer, or `[n, scale]`.
fn round<'a>(context: &mut CallContext<'_, 'a>, arguments: &[Value<'a>], mode: Rounding) -> Answer<'a> {
    let (number, scale) = match arguments {
        [Value::Number(number)] => (number, 0),
        [Value::Number(number), Value::Number(scale)] => (number, scale.int_value()),
        _ => return Ok(illegal_arguments(arguments)),
    };
    context.charge(number.work())?;
    rounded(context, number.set_scale(scale, mode), mode.name())
}

/// A rounding that Java refuses is `null`; one that exceeds our limit ends the evaluation.
fn rounded<'a>(
    context: &mut CallContext<'_, 'a>,
    result: Result<Decimal, DecimalError>,
    mode: &str,
) -> Answer<'a> {
    match result {
        Ok(number) => {
            context.charge(number.work())?;
            Ok(Value::Number(number))
        }
        Err(error) if error.is_limit() => Err(Failure::limit(error.to_string())),
        Err(error) => Ok(Value::error(format!("Failed to apply rounding mode '{mode}': {error}"))),
    }
}

fn decimal_with_mode<'a>(context: &mut CallContext<'_, 'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let [Value::Number(number), Value::Number(scale), Value::String(mode)] = arguments else {
        return Ok(illegal_arguments(arguments));
    };
    let scale = scale.int_value();
    if let Some(mode) = Rounding::from_name(mode) {
        return rounded(context, number.set_scale(scale, mode), mode.name());
    }
    if mode.to_uppercase() != "UNNECESSARY" {
        let names: Vec<&str> = Rounding::ALL.into_iter().map(Rounding::name).collect();
        return Ok(Value::error(format!(
            "Illegal argument '{mode}' for rounding mode. Must be one of: {}, UNNECESSARY",
            names.join(", ")
        )));
    }
    let exact = number.set_scale(scale, Rounding::Down);
    if exact.as_ref().is_ok_and(|exact| exact != number) {
        return Ok(Value::error("Failed to apply rounding mode 'UNNECESSARY': Rounding necessary"));
    }
    rounded(context, exact, "UNNECESSARY")
}

fn abs<'a>(_: &mut CallContext<'_, 'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    Ok(match arguments {
        [Value::Number(number)] if number.is_negative() => Value::Number(number.negated()),
        [Value::Number(number)] => Value::Number(number.clone()),
        [Value::YearsMonthsDuration(duration)] => Value::YearsMonthsDuration(duration.abs()?),
        [Value::DaysTimeDuration(duration)] => Value::DaysTimeDuration(duration.abs()?),
        _ => illegal_arguments(arguments),
    })
}

fn modulo<'a>(context: &mut CallContext<'_, 'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    Ok(match arguments {
        [Value::Number(dividend), Value::Number(divisor)] => {
            context.charge((dividend.work() + divisor.work()).saturating_mul(4))?;
            Value::Number(dividend.modulo(divisor)?)
        }
        _ => illegal_arguments(arguments),
    })
}

fn sqrt<'a>(_: &mut CallContext<'_, 'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    match arguments {
        [Value::Number(number)] if number.is_negative() => Ok(Value::Null),
        _ => through_double(arguments, Decimal::sqrt),
    }
}

fn through_double<'a>(
    arguments: &[Value<'a>],
    compute: impl FnOnce(&Decimal) -> Result<Decimal, DecimalError>,
) -> Answer<'a> {
    Ok(match arguments {
        [Value::Number(number)] => Value::Number(compute(number)?),
        _ => illegal_arguments(arguments),
    })
}

fn parity<'a>(arguments: &[Value<'a>], rest: &Decimal) -> Answer<'a> {
    Ok(match arguments {
        [Value::Number(number)] => Value::Boolean(number.abs().rem(&Decimal::from(2))? == *rest),
        _ => illegal_arguments(arguments),
    })
}
