//! Powers of ten and digit counts.

use num_bigint::{BigInt, BigUint};

use super::{DecimalError, MAX_DIGITS};

/// The first coefficient that is too long for a small number.
pub(super) const TEN_TO_34: i128 = 10_i128.pow(34);

/// 10^0 to 10^38, all that an i128 holds.
static POWERS: [i128; 39] = powers();

#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler, which refuses a wrong index")]
const fn powers() -> [i128; 39] {
    let mut table = [1; 39];
    let mut exponent = 1;
    while exponent < 39 {
        table[exponent] = table[exponent - 1] * 10;
        exponent += 1;
    }
    table
}

/// 10^`exponent` where an i128 holds it.
#[inline]
pub(super) fn power_of_ten(exponent: u32) -> Option<i128> {
    POWERS.get(usize::try_from(exponent).ok()?).copied()
}

/// 10^`exponent` of any size up to the limit.
pub(super) fn big_power_of_ten(exponent: u64) -> Result<BigInt, DecimalError> {
    // Intermediate products may be twice as long as the longest number.
    let limit = u64::from(MAX_DIGITS) * 3;
    match u32::try_from(exponent) {
        Ok(small) if exponent <= limit => Ok(BigInt::from(10_u8).pow(small)),
        _ => Err(DecimalError::TooManyDigits),
    }
}

/// The number of decimal digits, 1 for zero.
pub(super) fn count_digits(magnitude: &BigUint) -> u32 {
    let bits = magnitude.bits();
    if bits == 0 {
        return 1;
    }
    // floor((bits - 1) * log10(2)) is the digit count less one, or one below it.
    let low = u32::try_from((bits - 1) * 30_103 / 100_000).unwrap_or(u32::MAX - 1);
    let mut digits = low.max(1);
    let mut bound = BigUint::from(10_u8).pow(digits);
    while *magnitude >= bound {
        digits += 1;
        bound *= 10_u8;
    }
    // The estimate may be one too high for very long numbers, as 30103/100000 exceeds log10(2).
    while digits > 1 && *magnitude < BigUint::from(10_u8).pow(digits - 1) {
        digits -= 1;
    }
    digits
}

/// The number of decimal digits of a small coefficient, 1 for zero.
#[inline]
pub(super) fn count_small(coefficient: i128) -> u32 {
    coefficient.unsigned_abs().checked_ilog10().map_or(1, |log| log + 1)
}
