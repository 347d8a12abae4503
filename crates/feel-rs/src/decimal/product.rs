//! Multiplication.

use super::scale::{check_scale, round_big, round_small};
use super::{Decimal, DecimalError, MAX_DIGITS};

impl Decimal {
    /// `self * other`, rounded half even to this number's precision; the scales add up.
    ///
    /// # Errors
    /// Where the scale leaves the 32-bit range, or the exact product exceeds the digit limit.
    #[inline]
    pub fn mul(&self, other: &Self) -> Result<Self, DecimalError> {
        if let (Some((left, left_scale)), Some((right, right_scale))) = (self.as_small(), other.as_small())
            && let Some(product) = left.checked_mul(right)
        {
            return round_small(product, i64::from(left_scale) + i64::from(right_scale));
        }
        self.mul_to(other, self.context_precision())
    }

    /// `self * other` rounded to a given precision, which the result keeps.
    pub(super) fn mul_to(&self, other: &Self, precision: u32) -> Result<Self, DecimalError> {
        if self.precision() + other.precision() > 2 * MAX_DIGITS {
            return Err(DecimalError::TooManyDigits);
        }
        let (left, left_scale) = self.parts();
        let (right, right_scale) = other.parts();
        let scale = check_scale(i64::from(left_scale) + i64::from(right_scale), self.is_zero())?;
        round_big(left * right, scale.into(), precision)
    }
}
