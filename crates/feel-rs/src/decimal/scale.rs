//! Rounding to a precision or a scale, and stripping zeros.

use num_bigint::{BigInt, Sign};

use super::digits::{TEN_TO_34, big_power_of_ten, count_digits, count_small, power_of_ten};
use super::rounding::Rounding;
use super::{Decimal, DecimalError, MAX_DIGITS, PRECISION};

/// How many digits the longest integer of Java has: 2^31 bits.
const JAVA_MAX_DIGITS: i64 = 646_456_993;

/// A scale that fits, or Java's complaint; zero takes the nearest scale there is.
pub(super) fn check_scale(scale: i64, is_zero: bool) -> Result<i32, DecimalError> {
    match i32::try_from(scale) {
        Ok(fits) => Ok(fits),
        Err(_) if is_zero => Ok(if scale > 0 { i32::MAX } else { i32::MIN }),
        Err(_) if scale > 0 => Err(DecimalError::Underflow),
        Err(_) => Err(DecimalError::Overflow),
    }
}

/// As [`check_scale`], in the words that Java has for scales after rounding and division: it looks at the sign that is
/// left when 32 bits are cut off.
pub(super) fn check_computed_scale(scale: i64) -> Result<i32, DecimalError> {
    i32::try_from(scale).map_err(|_| {
        let [a, b, c, d, ..] = scale.to_le_bytes();
        if i32::from_le_bytes([a, b, c, d]) > 0 { DecimalError::Underflow } else { DecimalError::Overflow }
    })
}

/// `coefficient * 10^-scale` rounded half even to 34 digits.
#[inline]
pub(super) fn round_small(coefficient: i128, scale: i64) -> Result<Decimal, DecimalError> {
    if coefficient.unsigned_abs() < TEN_TO_34.unsigned_abs() {
        return Ok(Decimal::small(coefficient, check_scale(scale, coefficient == 0)?));
    }
    let drop = count_small(coefficient) - PRECISION;
    let divisor = power_of_ten(drop).unwrap_or(1);
    // Rounding may carry into one digit more, which is then a zero.
    let scale = check_computed_scale(scale - i64::from(drop))?;
    round_small(Rounding::HalfEven.divide_small(coefficient, divisor), scale.into())
}

/// `coefficient * 10^-scale` rounded half even to `precision` digits, a number that keeps that precision.
pub(super) fn round_big(coefficient: BigInt, scale: i64, precision: u32) -> Result<Decimal, DecimalError> {
    let (coefficient, scale) = round_parts(coefficient, scale, precision, Rounding::HalfEven)?;
    if precision > MAX_DIGITS {
        return Err(DecimalError::TooManyDigits);
    }
    let scale = check_scale(scale, coefficient.sign() == Sign::NoSign)?;
    Ok(Decimal::wide(coefficient, scale, precision))
}

/// Coefficient and scale after rounding to `precision` digits.
pub(super) fn round_parts(
    mut coefficient: BigInt,
    mut scale: i64,
    precision: u32,
    mode: Rounding,
) -> Result<(BigInt, i64), DecimalError> {
    loop {
        let digits = count_digits(coefficient.magnitude());
        if digits <= precision {
            return Ok((coefficient, scale));
        }
        let drop = digits - precision;
        coefficient = mode.divide_big(&coefficient, &big_power_of_ten(drop.into())?).0;
        scale = check_computed_scale(scale - i64::from(drop))?.into();
    }
}

/// Removes trailing zeros while the scale is above `preferred`, in halving steps, so that a long row of them costs
/// no more than a few divisions.
pub(super) fn strip_big(mut coefficient: BigInt, mut scale: i64, preferred: i64) -> (BigInt, i64) {
    if coefficient.sign() == Sign::NoSign {
        return (coefficient, scale);
    }
    // A number divisible by 10^n has n zero bits at its end.
    let zeros = i64::try_from(coefficient.trailing_zeros().unwrap_or(0)).unwrap_or(i64::MAX);
    let most = scale.saturating_sub(preferred).min(zeros);
    let mut step = u64::try_from(most).ok().and_then(u64::checked_ilog2).map_or(0, |log| 1 << log);
    while step > 0 {
        if scale.saturating_sub(preferred) >= step
            && let Ok(power) = big_power_of_ten(step.unsigned_abs())
        {
            let quotient = &coefficient / &power;
            if &quotient * &power == coefficient {
                coefficient = quotient;
                scale -= step;
                continue;
            }
        }
        step /= 2;
    }
    (coefficient, scale)
}

/// Removes trailing zeros of a small coefficient while the scale is above `preferred`.
pub(super) fn strip_small(mut coefficient: i128, mut scale: i64, preferred: i64) -> (i128, i64) {
    while scale > preferred && coefficient != 0 && coefficient % 10 == 0 {
        coefficient /= 10;
        scale -= 1;
    }
    (coefficient, scale)
}

impl Decimal {
    /// The number with exactly `scale` digits after the point; negative scales round to tens, hundreds...
    ///
    /// # Errors
    /// [`DecimalError::TooManyDigits`] where the result would exceed the digit limit, and what Java says where it would
    /// exceed Java's.
    pub fn set_scale(&self, scale: i32, mode: Rounding) -> Result<Self, DecimalError> {
        if self.scale() == scale {
            return Ok(self.clone());
        }
        let change = i64::from(scale) - i64::from(self.scale());
        if self.is_zero() {
            return Ok(Self::wide(BigInt::ZERO, scale, self.context_precision()));
        }
        // Java complains alike in both directions.
        check_scale(change.abs(), false)?;
        if change > 0 { self.raise_scale(scale, change) } else { Ok(self.lower_scale(scale, -change, mode)?) }
    }

    /// Appends `change` zeros.
    fn raise_scale(&self, scale: i32, change: i64) -> Result<Self, DecimalError> {
        let digits = i64::from(self.precision()) + change;
        if digits > JAVA_MAX_DIGITS {
            return Err(DecimalError::Unrepresentable);
        }
        if digits > i64::from(MAX_DIGITS) {
            return Err(DecimalError::TooManyDigits);
        }
        if let Some((coefficient, _)) = self.as_small()
            && let Some(raised) = u32::try_from(change)
                .ok()
                .and_then(power_of_ten)
                .and_then(|power| coefficient.checked_mul(power))
        {
            return Ok(Self::exact(raised, scale));
        }
        let (coefficient, _) = self.parts();
        let power = big_power_of_ten(change.unsigned_abs())?;
        Ok(Self::wide(coefficient * power, scale, self.context_precision()))
    }

    /// Drops `change` digits.
    fn lower_scale(&self, scale: i32, change: i64, mode: Rounding) -> Result<Self, DecimalError> {
        if change > JAVA_MAX_DIGITS {
            return Err(DecimalError::Unrepresentable);
        }
        if change > i64::from(self.precision()) + 1 {
            let rest = mode.of_far_below_half(self.is_negative());
            return Ok(Self::wide(rest.into(), scale, self.context_precision()));
        }
        if let Some((coefficient, _)) = self.as_small()
            && let Some(power) = u32::try_from(change).ok().and_then(power_of_ten)
        {
            return Ok(Self::exact(mode.divide_small(coefficient, power), scale));
        }
        let (coefficient, _) = self.parts();
        let power = big_power_of_ten(change.unsigned_abs())?;
        Ok(Self::wide(mode.divide_big(&coefficient, &power).0, scale, self.context_precision()))
    }
}
