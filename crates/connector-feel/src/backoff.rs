//! The delays of `backoff(…)`.

use std::{collections::hash_map::RandomState, fmt, hash::BuildHasher, sync::Arc};

use feel_rs::{Failure, Value, decimal::Decimal, temporal::DaysTimeDuration};

const DEFAULT_MIN_DELAY_MS: f64 = 50.0;
const DEFAULT_FACTOR: f64 = 1.6;
const DEFAULT_MAX_DELAY_MS: f64 = 5000.0;
const DEFAULT_JITTER: f64 = 0.1;

/// Where the random part of a delay comes from.
#[derive(Clone)]
pub(crate) struct Jitter(Arc<dyn Fn() -> f64 + Send + Sync>);

impl Jitter {
    pub(crate) fn new(source: Arc<dyn Fn() -> f64 + Send + Sync>) -> Self {
        Self(source)
    }
}

impl fmt::Debug for Jitter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Jitter")
    }
}

/// A random number from 0 (inclusive) to 1 (exclusive).
pub(crate) fn random() -> f64 {
    let bits = RandomState::new().hash_one(0_u8);
    let high = u32::try_from(bits >> 32).unwrap_or(0);
    f64::from(high) / (f64::from(u32::MAX) + 1.0)
}

/// `min * factor^(attempt - 1)`, at least `min`, at most `max`, spread by the jitter factor.
pub(crate) fn backoff<'a>(arguments: &[Value<'a>], jitter: &Jitter) -> Result<Value<'a>, Failure> {
    let attempt = match arguments.first() {
        Some(Value::Number(attempt)) => attempt.int_value(),
        _ => return Err(illegal("Parameter 'attempt' of function 'backoff' must be a Number")),
    };
    let min = delay(arguments.get(1), "minDelay", DEFAULT_MIN_DELAY_MS)?;
    let factor = number(arguments.get(2), "factor", DEFAULT_FACTOR)?;
    let max = delay(arguments.get(3), "maxDelay", DEFAULT_MAX_DELAY_MS)?;
    let spread = number(arguments.get(4), "jitterFactor", DEFAULT_JITTER)?;
    check(attempt, min, factor, max, spread)?;
    let plain = (min * factor.powi(attempt - 1)).clamp(min, max);
    let delay = plain + plain * spread * ((jitter.0)() * 2.0 - 1.0);
    milliseconds(delay.max(0.0))
}

fn check(attempt: i32, min: f64, factor: f64, max: f64, spread: f64) -> Result<(), Failure> {
    if attempt < 1 {
        return Err(illegal(&format!("backoff(): 'attempt' must be >= 1, but was {attempt}")));
    }
    if factor <= 0.0 {
        return Err(illegal(&format!("backoff(): 'factor' must be > 0, but was {factor:?}")));
    }
    if min > max {
        return Err(illegal(&format!("backoff(): 'minDelay' must be <= 'maxDelay', but {min}ms > {max}ms")));
    }
    if spread < 0.0 {
        return Err(illegal(&format!("backoff(): 'jitterFactor' must be >= 0, but was {spread:?}")));
    }
    Ok(())
}

fn delay(argument: Option<&Value<'_>>, name: &str, default: f64) -> Result<f64, Failure> {
    match argument {
        None => Ok(default),
        Some(Value::DaysTimeDuration(duration)) => {
            let millisecond = DaysTimeDuration::of(0, 1_000_000);
            Ok(Decimal::from_i64(duration.ratio(&millisecond)?).to_f64())
        }
        Some(_) => Err(illegal(&format!(
            "Parameter '{name}' of function 'backoff' must be a day-time duration (e.g. duration(\"PT1S\"))"
        ))),
    }
}

fn number(argument: Option<&Value<'_>>, name: &str, default: f64) -> Result<f64, Failure> {
    match argument {
        None => Ok(default),
        Some(Value::Number(number)) => Ok(number.to_f64()),
        Some(_) => Err(illegal(&format!("Parameter '{name}' of function 'backoff' must be a Number"))),
    }
}

fn milliseconds<'a>(delay: f64) -> Result<Value<'a>, Failure> {
    let whole = Decimal::from_f64(delay.trunc())?.long_value();
    let nanos = u32::try_from(whole.rem_euclid(1000)).unwrap_or(0).saturating_mul(1_000_000);
    Ok(Value::DaysTimeDuration(DaysTimeDuration::of(whole.div_euclid(1000), nanos)))
}

fn illegal(message: &str) -> Failure {
    Failure::thrown("java.lang.IllegalArgumentException", message)
}
