//! Addition and subtraction.

use num_bigint::{BigInt, Sign};

use super::digits::{big_power_of_ten, count_digits, power_of_ten};
use super::rounding::Rounding;
use super::scale::{check_scale, round_big, round_parts, round_small, strip_big};
use super::{Decimal, DecimalError};

impl Decimal {
    /// `self + other`, rounded half even to this number's precision.
    ///
    /// # Errors
    /// Only where the scale leaves the 32-bit range.
    #[inline]
    pub fn add(&self, other: &Self) -> Result<Self, DecimalError> {
        if let (Some((left, left_scale)), Some((right, right_scale))) = (self.as_small(), other.as_small()) {
            if left_scale == right_scale {
                // Two coefficients below 10^34 cannot overflow.
                return round_small(left + right, left_scale.into());
            }
            if let Some(sum) = add_aligned(left, left_scale, right, right_scale) {
                return Ok(sum);
            }
        }
        self.add_big(other)
    }

    /// `self - other`, rounded half even to this number's precision.
    ///
    /// # Errors
    /// Only where the scale leaves the 32-bit range.
    #[inline]
    pub fn sub(&self, other: &Self) -> Result<Self, DecimalError> {
        self.add(&other.neg())
    }

    pub(super) fn add_big(&self, other: &Self) -> Result<Self, DecimalError> {
        let precision = self.context_precision();
        if self.is_zero() || other.is_zero() {
            return add_zero(self, other, precision);
        }
        let (mut left, left_scale) = self.parts();
        let (mut right, right_scale) = other.parts();
        let (mut left_scale, mut right_scale) = (i64::from(left_scale), i64::from(right_scale));
        if left_scale < right_scale {
            condense(&left, left_scale, &mut right, &mut right_scale, precision)?;
        } else if right_scale < left_scale {
            condense(&right, right_scale, &mut left, &mut left_scale, precision)?;
        }
        let scale = left_scale.max(right_scale);
        left *= big_power_of_ten(scale.abs_diff(left_scale))?;
        right *= big_power_of_ten(scale.abs_diff(right_scale))?;
        round_big(left + right, scale, precision)
    }
}

/// The sum where aligning and adding stay within 34 digits; no rounding, the larger scale.
#[inline]
fn add_aligned(left: i128, left_scale: i32, right: i128, right_scale: i32) -> Option<Decimal> {
    let power = power_of_ten(left_scale.abs_diff(right_scale))?;
    let (sum, scale) = if left_scale < right_scale {
        (left.checked_mul(power)?.checked_add(right)?, right_scale)
    } else {
        (right.checked_mul(power)?.checked_add(left)?, left_scale)
    };
    (sum.unsigned_abs() < super::digits::TEN_TO_34.unsigned_abs()).then(|| Decimal::small(sum, scale))
}

/// Java's rule for a zero operand: the other one, at the larger scale as far as the precision allows.
fn add_zero(left: &Decimal, right: &Decimal, precision: u32) -> Result<Decimal, DecimalError> {
    let preferred = i64::from(left.scale().max(right.scale()));
    let (coefficient, scale) = match (left.is_zero(), right.is_zero()) {
        (true, true) => return round_big(BigInt::ZERO, preferred, precision),
        (true, false) => right.parts(),
        _ => left.parts(),
    };
    let (coefficient, scale) = round_parts(coefficient, scale.into(), precision, Rounding::HalfEven)?;
    let (coefficient, scale) = if scale > preferred {
        strip_big(coefficient, scale, preferred)
    } else {
        let room = i64::from(precision - count_digits(coefficient.magnitude()));
        let raise = room.min(preferred - scale);
        (coefficient * big_power_of_ten(raise.unsigned_abs())?, scale + raise)
    };
    let scale = check_scale(scale, false)?;
    Ok(Decimal::wide(coefficient, scale, precision))
}

/// Replaces an operand that lies wholly below the last digit of the result by one sticky digit,
/// so that `1E+1000000 + 1` does not align a million digits.
fn condense(
    big: &BigInt,
    big_scale: i64,
    small: &mut BigInt,
    small_scale: &mut i64,
    precision: u32,
) -> Result<(), DecimalError> {
    let last_digit = big_scale - i64::from(count_digits(big.magnitude())) + i64::from(precision);
    let first_digit = *small_scale - i64::from(count_digits(small.magnitude())) + 1;
    if first_digit > big_scale + 2 && first_digit > last_digit + 2 {
        *small = if small.sign() == Sign::Minus { BigInt::from(-1) } else { BigInt::from(1) };
        *small_scale = check_scale(big_scale.max(last_digit) + 3, false)?.into();
    }
    Ok(())
}
