//! Division, remainder and modulo.

use num_bigint::{BigInt, Sign};

use super::digits::{TEN_TO_34, big_power_of_ten, count_digits, count_small, power_of_ten};
use super::rounding::Rounding;
use super::scale::{
    check_computed_scale, check_scale, round_big, round_parts, round_small, strip_big, strip_small,
};
use super::{Decimal, DecimalError, MAX_DIGITS, PRECISION};

/// How many digits of a quotient are tried before all the others.
const FIRST_STEP: u32 = 6;

impl Decimal {
    /// `self / other`, rounded half even to this number's precision. An exact quotient loses its trailing
    /// zeros down to the difference of the scales.
    ///
    /// # Errors
    /// [`DecimalError::DivisionByZero`], [`DecimalError::DivisionUndefined`] for 0/0, and scales out of range.
    pub fn div(&self, other: &Self) -> Result<Self, DecimalError> {
        if other.is_zero() {
            return Err(if self.is_zero() {
                DecimalError::DivisionUndefined
            } else {
                DecimalError::DivisionByZero
            });
        }
        let preferred = i64::from(self.scale()) - i64::from(other.scale());
        if self.is_zero() {
            return round_big(BigInt::ZERO, preferred, self.context_precision());
        }
        if let (Some((left, _)), Some((right, _))) = (self.as_small(), other.as_small()) {
            return divide_small(left, right, preferred);
        }
        divide_exactly(self, other)
    }

    /// The remainder of the division to an integer, with this number's sign.
    ///
    /// # Errors
    /// Division by zero, and [`DecimalError::DivisionImpossible`] where the integer quotient has more digits
    /// than the precision.
    pub fn rem(&self, other: &Self) -> Result<Self, DecimalError> {
        if let (Some((left, left_scale)), Some((right, right_scale))) = (self.as_small(), other.as_small())
            && right != 0
            && let Some(rest) = remainder_small(left, left_scale, right, right_scale)
        {
            return Ok(rest);
        }
        self.rem_big(other)
    }

    /// FEEL's modulo, with the divisor's sign: `((self rem other) + other) rem other`.
    ///
    /// # Errors
    /// As [`Decimal::rem`].
    pub fn modulo(&self, other: &Self) -> Result<Self, DecimalError> {
        self.rem(other)?.add(other)?.rem(other)
    }

    pub(super) fn rem_big(&self, other: &Self) -> Result<Self, DecimalError> {
        let precision = self.context_precision();
        let (left, left_scale) = self.parts();
        let (right, right_scale) = other.parts();
        let (left_scale, right_scale) = (i64::from(left_scale), i64::from(right_scale));
        if self.abs() < other.abs() {
            return Ok(self.clone());
        }
        if right.sign() == Sign::NoSign {
            self.div(other)?;
        }
        let preferred = left_scale - right_scale;
        let (quotient, scale) = integer_quotient(&left, left_scale, &right, right_scale, precision)?;
        let digits = count_digits(quotient.magnitude());
        let (quotient, scale) = if preferred > scale && precision > digits {
            let raise = i64::from(precision - digits).min(preferred - scale);
            (quotient * big_power_of_ten(raise.unsigned_abs())?, scale + raise)
        } else {
            strip_big(quotient, scale, preferred)
        };
        let (rest, scale) = subtract_product(&left, left_scale, &quotient, scale, &right, right_scale)?;
        let scale = check_scale(scale, rest.sign() == Sign::NoSign)?;
        Ok(Self::wide(rest, scale, precision))
    }
}

/// The quotient of any two numbers that are not zero.
pub(super) fn divide_exactly(left: &Decimal, right: &Decimal) -> Result<Decimal, DecimalError> {
    let (dividend, left_scale) = left.parts();
    let (divisor, right_scale) = right.parts();
    let preferred = i64::from(left_scale) - i64::from(right_scale);
    let precision = left.context_precision();
    let (quotient, scale) = divide_big(dividend, &divisor, preferred, precision, Rounding::HalfEven)?;
    Ok(Decimal::wide(quotient, scale, precision))
}

/// Long division in steps that fit 128 bits; both operands have at most 34 digits and are not zero.
fn divide_small(left: i128, right: i128, preferred: i64) -> Result<Decimal, DecimalError> {
    let negative = (left < 0) != (right < 0);
    let (dividend, divisor) = (left.unsigned_abs(), right.unsigned_abs());
    let (left_digits, right_digits) = (count_small(left), count_small(right));
    // The quotient shall have 34 digits; one less of the raise where the dividend's leading digits are larger.
    let mut raise = PRECISION + right_digits - left_digits;
    if exceeds_normalized(dividend, left_digits, divisor, right_digits) {
        raise -= 1;
    }
    let step = 38 - right_digits;
    // Most exact quotients end within a few digits, and then few zeros are to be stripped.
    let mut width = FIRST_STEP.min(step);
    let (mut quotient, mut rest, mut done) = (dividend / divisor, dividend % divisor, 0);
    while done < raise && rest != 0 {
        let now = width.min(raise - done);
        let power = power_of_ten(now).unwrap_or(1).unsigned_abs();
        quotient = quotient * power + rest * power / divisor;
        rest = rest * power % divisor;
        done += now;
        width = step;
    }
    let half = (rest * 2).cmp(&divisor);
    if half.is_gt() || (half.is_eq() && quotient % 2 != 0) {
        quotient += 1;
    }
    let signed = i128::try_from(quotient).unwrap_or(i128::MAX) * if negative { -1 } else { 1 };
    let scale = preferred + i64::from(done);
    check_computed_scale(preferred + i64::from(raise))?;
    check_computed_scale(preferred)?;
    if rest == 0 {
        let (signed, scale) = strip_small(signed, scale, preferred);
        return round_small(signed, scale);
    }
    round_small(signed, scale)
}

/// Whether `left` is larger than `right` when both are read as 0.digits.
fn exceeds_normalized(left: u128, left_digits: u32, right: u128, right_digits: u32) -> bool {
    let raise = |value: u128, by: u32| value * power_of_ten(by).unwrap_or(1).unsigned_abs();
    raise(left, right_digits.saturating_sub(left_digits))
        > raise(right, left_digits.saturating_sub(right_digits))
}

/// Quotient of `precision` digits and its scale; exact ones lose zeros down to the preferred scale.
fn divide_big(
    mut left: BigInt,
    right: &BigInt,
    preferred: i64,
    precision: u32,
    mode: Rounding,
) -> Result<(BigInt, i32), DecimalError> {
    let (left_digits, right_digits) = (count_digits(left.magnitude()), count_digits(right.magnitude()));
    let mut raise = i64::from(precision) + i64::from(right_digits) - i64::from(left_digits);
    let aligned_left =
        left.magnitude() * big_power_of_ten(right_digits.saturating_sub(left_digits).into())?.magnitude();
    let aligned_right =
        right.magnitude() * big_power_of_ten(left_digits.saturating_sub(right_digits).into())?.magnitude();
    if aligned_left > aligned_right {
        raise -= 1;
    }
    let scale = check_computed_scale(preferred + raise)?;
    let preferred = i64::from(check_computed_scale(preferred)?);
    let power = big_power_of_ten(raise.unsigned_abs())?;
    let (quotient, exact) = if raise > 0 {
        left *= power;
        mode.divide_big(&left, right)
    } else {
        mode.divide_big(&left, &(right * power))
    };
    let (quotient, scale) = if exact {
        strip_big(quotient, scale.into(), preferred)
    } else {
        round_parts(quotient, scale.into(), precision, mode)?
    };
    let scale = check_scale(scale, false)?;
    Ok((quotient, scale))
}

/// The quotient without its fraction, where its integer part fits the precision.
fn integer_quotient(
    left: &BigInt,
    left_scale: i64,
    right: &BigInt,
    right_scale: i64,
    precision: u32,
) -> Result<(BigInt, i64), DecimalError> {
    let (quotient, scale) =
        divide_big(left.clone(), right, left_scale - right_scale, precision, Rounding::Down)?;
    let scale = i64::from(scale);
    if scale > 0 {
        let whole = quotient / big_power_of_ten(scale.unsigned_abs().min(u64::from(precision) + 1))?;
        return Ok((whole, 0));
    }
    if scale < 0 {
        let (rest, rest_scale) = subtract_product(left, left_scale, &quotient, scale, right, right_scale)?;
        if rest.sign() == Sign::NoSign {
            return Ok((quotient, scale));
        }
        // A rest that is coarser than the divisor by more digits than can be written exceeds it.
        if right_scale - rest_scale > i64::from(MAX_DIGITS) {
            return Err(DecimalError::DivisionImpossible);
        }
        let common = rest_scale.max(right_scale);
        let rest = rest * big_power_of_ten(common.abs_diff(rest_scale))?;
        let divisor = right * big_power_of_ten(common.abs_diff(right_scale))?;
        if rest.magnitude() >= divisor.magnitude() {
            return Err(DecimalError::DivisionImpossible);
        }
    }
    Ok((quotient, scale))
}

/// `left - quotient * right`, unrounded.
fn subtract_product(
    left: &BigInt,
    left_scale: i64,
    quotient: &BigInt,
    quotient_scale: i64,
    right: &BigInt,
    right_scale: i64,
) -> Result<(BigInt, i64), DecimalError> {
    let product_scale = quotient_scale + right_scale;
    let scale = left_scale.max(product_scale);
    let minuend = left * big_power_of_ten(scale.abs_diff(left_scale))?;
    let product = quotient * right * big_power_of_ten(scale.abs_diff(product_scale))?;
    Ok((minuend - product, scale))
}

/// The remainder where aligned operands and quotient stay small.
fn remainder_small(left: i128, left_scale: i32, right: i128, right_scale: i32) -> Option<Decimal> {
    let power = power_of_ten(left_scale.abs_diff(right_scale))?;
    if left_scale >= right_scale {
        let divisor = right.checked_mul(power)?;
        let rest = ((left / divisor).unsigned_abs() < TEN_TO_34.unsigned_abs()).then_some(left % divisor)?;
        return Some(Decimal::exact(rest, left_scale));
    }
    let dividend = left.checked_mul(power)?;
    let quotient = dividend / right;
    if quotient == 0 {
        return Some(Decimal::small(left, left_scale));
    }
    if quotient.unsigned_abs() >= TEN_TO_34.unsigned_abs() {
        return None;
    }
    // The quotient's trailing zeros make the product coarser, and so the remainder's scale smaller.
    let preferred = i64::from(left_scale) - i64::from(right_scale);
    let (_, quotient_scale) = strip_small(quotient, 0, preferred);
    let scale = i64::from(left_scale).max(quotient_scale + i64::from(right_scale));
    let coarser = u32::try_from(i64::from(right_scale) - scale).ok().and_then(power_of_ten)?;
    Some(Decimal::exact(dividend % right / coarser, i32::try_from(scale).ok()?))
}
