//! To and from integers and JSON.

use num_bigint::{BigInt, Sign};
use serde_json::{Number, Value};

use super::digits::{big_power_of_ten, power_of_ten};
use super::double::double_text;
use super::scale::strip_small;
use super::{Decimal, DecimalError, PRECISION};

impl Decimal {
    /// The number of an integer.
    #[must_use]
    pub fn from_i64(value: i64) -> Self {
        Self::small(value.into(), 0)
    }

    /// The number of an integer.
    #[must_use]
    pub fn from_i128(value: i128) -> Self {
        Self::exact(value, 0).with_own_precision()
    }

    /// The number of a count or a length.
    #[must_use]
    pub fn from_usize(value: usize) -> Self {
        i128::try_from(value).map_or(Self::ZERO, |value| Self::exact(value, 0))
    }

    /// The number that a JSON number becomes as a variable of the reference engine: integers exactly, all
    /// others through a double (`1.10` is `1.1`).
    ///
    /// # Errors
    /// [`DecimalError::NotANumber`] for a number beyond the range of doubles, and the digit limit.
    pub fn from_json(number: &Number) -> Result<Self, DecimalError> {
        let text = number.as_str();
        if let Some(number) = short_fraction(text) {
            return Ok(number);
        }
        if text.bytes().any(|byte| matches!(byte, b'.' | b'e' | b'E')) {
            return Self::from_f64(text.parse().unwrap_or(f64::NAN));
        }
        Self::parse(text)
    }

    /// Whether there is no fraction.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        if self.scale() <= 0 || self.is_zero() {
            return true;
        }
        if let Some((coefficient, scale)) = self.as_small() {
            return power_of_ten(scale.unsigned_abs()).is_some_and(|power| coefficient % power == 0);
        }
        // A whole number has no more digits after the point than zeros at its end, nor so many zero bits.
        let (coefficient, scale) = self.parts();
        let zeros = coefficient.trailing_zeros().unwrap_or(0);
        u64::from(scale.unsigned_abs()) <= zeros
            && big_power_of_ten(scale.unsigned_abs().into())
                .is_ok_and(|power| (coefficient % power).sign() == Sign::NoSign)
    }

    /// What computing with this number costs, in steps of an evaluation: nothing up to 34 digits, then as long
    /// multiplication grows.
    #[must_use]
    pub fn work(&self) -> usize {
        match &self.0 {
            super::Repr::Small { .. } => 0,
            super::Repr::Large(large) => {
                let words = usize::try_from(large.coefficient.bits() / 64).unwrap_or(usize::MAX);
                words.saturating_mul(words.isqrt()).saturating_mul(2)
            }
        }
    }

    /// How much it takes beside the smallest number, in units of a value's size: one for each 64 bits.
    #[must_use]
    pub(crate) fn extra_weight(&self) -> usize {
        match &self.0 {
            super::Repr::Small { .. } => 0,
            super::Repr::Large(large) => usize::try_from(large.coefficient.bits() / 64).unwrap_or(usize::MAX),
        }
    }

    /// The integer, where this is one and it fits.
    #[must_use]
    pub fn to_i64(&self) -> Option<i64> {
        if let Some((coefficient, scale)) = self.as_small() {
            if scale == 0 {
                return i64::try_from(coefficient).ok();
            }
            if coefficient == 0 {
                return Some(0);
            }
            let power = power_of_ten(scale.unsigned_abs())?;
            let whole = if scale < 0 {
                coefficient.checked_mul(power)?
            } else if coefficient % power == 0 {
                coefficient / power
            } else {
                return None;
            };
            return i64::try_from(whole).ok();
        }
        // More than 39 digits before the point never fit.
        if i64::from(self.precision()) - i64::from(self.scale()) > 39 || !self.is_whole() {
            return None;
        }
        i64::try_from(&self.truncated()?).ok()
    }

    /// The integer part, `None` where it is too long to be worth writing out.
    fn truncated(&self) -> Option<BigInt> {
        let (coefficient, scale) = self.parts();
        let power = big_power_of_ten(scale.unsigned_abs().into());
        match (scale > 0, power) {
            (true, Ok(power)) => Some(coefficient / power),
            (true, Err(_)) => Some(BigInt::ZERO),
            (false, Ok(power)) => Some(coefficient * power),
            (false, Err(_)) => None,
        }
    }

    /// Java's `longValue`: the fraction dropped, the lowest 64 bits kept.
    #[must_use]
    pub fn long_value(&self) -> i64 {
        if let Some((coefficient, 0)) = self.as_small()
            && let Ok(fits) = i64::try_from(coefficient)
        {
            return fits;
        }
        // 10^64 and more has 64 zero bits at its end.
        if self.scale() <= -64 {
            return 0;
        }
        let whole = self.truncated().unwrap_or(BigInt::ZERO);
        let low = whole.magnitude().iter_u64_digits().next().unwrap_or(0);
        let low = i64::from_ne_bytes(low.to_ne_bytes());
        if whole.sign() == Sign::Minus { low.wrapping_neg() } else { low }
    }

    /// Java's `intValue`: the fraction dropped, the lowest 32 bits kept.
    #[must_use]
    pub fn int_value(&self) -> i32 {
        let [a, b, c, d, ..] = self.long_value().to_le_bytes();
        i32::from_le_bytes([a, b, c, d])
    }

    /// The number as a process variable of the reference engine: an integer where this is whole and fits 64
    /// bits, else the double in Java's digits, a string for the infinities.
    #[must_use]
    pub fn to_json(&self) -> Value {
        if let Some(integer) = self.to_i64() {
            return integer.into();
        }
        let double = self.to_f64();
        if (1e-3..1e7).contains(&double.abs())
            && let Some(number) = Number::from_f64(double)
        {
            return Value::Number(number);
        }
        // JSON's own type of numbers writes the exponent with a small letter and its sign.
        let text = double_text(double);
        text.parse::<Number>().map_or(Value::String(text), Value::Number)
    }
}

/// A number with a fraction of few digits, of which a double keeps every one, so that the way through it is known to
/// end at the same digits without trailing zeros.
fn short_fraction(text: &str) -> Option<Decimal> {
    let (whole, fraction) = text.split_once('.')?;
    let digits = whole.strip_prefix('-').unwrap_or(whole);
    let plain =
        digits.len() <= 7 && fraction.len() <= 8 && fraction.bytes().all(|byte| byte.is_ascii_digit());
    // Below 10^-3 a double is written with an exponent.
    if !plain || (digits == "0" && fraction.starts_with("000")) {
        return None;
    }
    let (coefficient, scale) = Decimal::parse_short(text)?.as_small()?;
    let (coefficient, scale) =
        if coefficient == 0 { (0, 1) } else { strip_small(coefficient, scale.into(), 1) };
    Some(Decimal::small(coefficient, i32::try_from(scale).ok()?))
}

impl From<i32> for Decimal {
    fn from(value: i32) -> Self {
        Self::small(value.into(), 0)
    }
}

impl From<i64> for Decimal {
    fn from(value: i64) -> Self {
        Self::small(value.into(), 0)
    }
}

impl From<u64> for Decimal {
    fn from(value: u64) -> Self {
        Self::small(value.into(), 0)
    }
}

const _: () = assert!(PRECISION == 34, "u64 and i64 always fit a small number");
