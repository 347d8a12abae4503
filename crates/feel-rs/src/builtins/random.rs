//! Random bits, seeded by the operating system through the standard library's hash keys.

use std::hash::{BuildHasher, Hasher, RandomState};

/// 64 random bits.
pub(super) fn random_bits() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// A number from 0 up to, not including, 1, in steps of 2^-53.
pub(super) fn random_unit() -> f64 {
    let bits = random_bits();
    let high = u32::try_from(bits >> 38).unwrap_or_default();
    let low = u32::try_from(bits & ((1 << 27) - 1)).unwrap_or_default();
    (f64::from(high) * 134_217_728.0 + f64::from(low)) / 9_007_199_254_740_992.0
}

/// A version 7 UUID of a moment in milliseconds since 1970.
pub(super) fn uuid(millis: i64) -> String {
    let millis = u64::try_from(millis).unwrap_or_default() & 0xFFFF_FFFF_FFFF;
    let (first, second) = (random_bits(), random_bits());
    format!(
        "{:08x}-{:04x}-7{:03x}-{:04x}-{:012x}",
        millis >> 16,
        millis & 0xFFFF,
        first & 0xFFF,
        first >> 12 & 0x3FFF | 0x8000,
        second & 0xFFFF_FFFF_FFFF
    )
}
