//! Equality, order and hash by value.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

use num_bigint::{BigInt, Sign};

use super::Decimal;
use super::digits::{big_power_of_ten, power_of_ten};
use super::scale::{strip_big, strip_small};

impl Ord for Decimal {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        if let (Some((left, left_scale)), Some((right, right_scale))) = (self.as_small(), other.as_small()) {
            if left_scale == right_scale {
                return left.cmp(&right);
            }
            if let Some(order) = compare_aligned(left, left_scale, right, right_scale) {
                return order;
            }
        }
        self.compare_big(other)
    }
}

impl Decimal {
    pub(super) fn compare_big(&self, other: &Self) -> Ordering {
        let rank = |sign| match sign {
            Sign::Minus => -1,
            Sign::NoSign => 0,
            Sign::Plus => 1,
        };
        let by_sign = rank(self.sign()).cmp(&rank(other.sign()));
        if by_sign.is_ne() || self.is_zero() {
            return by_sign;
        }
        let by_magnitude = self.leading_exponent().cmp(&other.leading_exponent()).then_with(|| {
            // The same leading exponent: the scales differ by no more than the digits do.
            let (left, left_scale) = self.parts();
            let (right, right_scale) = other.parts();
            let align = |coefficient: BigInt, by: i64| {
                let power = u64::try_from(by).ok().and_then(|by| big_power_of_ten(by).ok());
                coefficient * power.unwrap_or_else(|| BigInt::from(1))
            };
            let gap = i64::from(left_scale) - i64::from(right_scale);
            align(left, (-gap).max(0)).magnitude().cmp(align(right, gap.max(0)).magnitude())
        });
        if self.is_negative() { by_magnitude.reverse() } else { by_magnitude }
    }

    /// The power of ten of the first digit.
    fn leading_exponent(&self) -> i64 {
        i64::from(self.precision()) - i64::from(self.scale())
    }
}

#[inline]
fn compare_aligned(left: i128, left_scale: i32, right: i128, right_scale: i32) -> Option<Ordering> {
    let power = power_of_ten(left_scale.abs_diff(right_scale))?;
    Some(if left_scale < right_scale {
        left.checked_mul(power)?.cmp(&right)
    } else {
        left.cmp(&right.checked_mul(power)?)
    })
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Decimal {}

impl Hash for Decimal {
    fn hash<H: Hasher>(&self, state: &mut H) {
        if self.is_zero() {
            return 0_i64.hash(state);
        }
        match self.as_small() {
            Some((coefficient, scale)) => {
                let (coefficient, scale) = strip_small(coefficient, scale.into(), i64::MIN);
                (scale, BigInt::from(coefficient)).hash(state);
            }
            None => {
                let (coefficient, scale) = self.parts();
                let (coefficient, scale) = strip_big(coefficient, scale.into(), i64::MIN);
                (scale, coefficient).hash(state);
            }
        }
    }
}
