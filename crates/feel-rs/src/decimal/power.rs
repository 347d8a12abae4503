//! Powers.

use super::digits::{TEN_TO_34, count_small};
use super::scale::round_big;
use super::{Decimal, DecimalError};

/// The largest magnitude of an exponent that Java accepts.
const MAX_EXPONENT: u32 = 999_999_999;

/// A power in doubles: of roots the nearest one, as in Java; of others the platform's, whose last bit may differ.
fn power(base: f64, exponent: f64) -> f64 {
    if exponent == 0.5 { base.sqrt() } else { base.powf(exponent) }
}

impl Decimal {
    /// FEEL's `**`: whole exponents by repeated multiplication, others through doubles.
    ///
    /// # Errors
    /// Exponents beyond 999,999,999, 0 to a negative power, and results that are no finite double.
    pub fn power(&self, exponent: &Self) -> Result<Self, DecimalError> {
        if exponent.is_whole() {
            self.pow(exponent.int_value())
        } else {
            Self::from_f64(power(self.to_f64(), exponent.to_f64()))
        }
    }

    /// `self` to an integer power by the algorithm of ANSI X3.274: working precision is this number's
    /// precision, plus the digits of the exponent, plus one.
    ///
    /// # Errors
    /// As [`Decimal::power`].
    pub fn pow(&self, exponent: i32) -> Result<Self, DecimalError> {
        let magnitude = exponent.unsigned_abs();
        if magnitude > MAX_EXPONENT {
            return Err(DecimalError::InvalidExponent);
        }
        if exponent == 0 {
            return Ok(Self::ONE);
        }
        if exponent > 0
            && let Some(exact) = self.pow_exact(magnitude)
        {
            return Ok(exact);
        }
        let precision = self.context_precision();
        let working = precision + count_small(magnitude.into()) + 1;
        let mut result = Self::ONE;
        for bit in (0..32 - magnitude.leading_zeros()).rev() {
            result = result.mul_to(&result, working)?;
            if magnitude >> bit & 1 == 1 {
                result = result.mul_to(self, working)?;
            }
        }
        if exponent < 0 {
            // One that carries the working precision, as the left operand decides it.
            result = Self::ONE.mul_to(&Self::ONE, working)?.div(&result)?;
        }
        let (coefficient, scale) = result.parts();
        round_big(coefficient, scale.into(), precision)
    }

    /// The power where it is exact within 34 digits.
    fn pow_exact(&self, exponent: u32) -> Option<Self> {
        let (coefficient, scale) = self.as_small()?;
        let result = coefficient.checked_pow(exponent)?;
        let scale = scale.checked_mul(i32::try_from(exponent).ok()?)?;
        (result.unsigned_abs() < TEN_TO_34.unsigned_abs()).then(|| Self::small(result, scale))
    }
}
