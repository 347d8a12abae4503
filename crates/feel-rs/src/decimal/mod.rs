//! `Decimal`: the FEEL number, equal to Java's `BigDecimal` in value, scale and text.
//!
//! A number is `coefficient * 10^-scale` and carries the precision (significant digits) that results computed
//! *from it* are rounded to, half even: 34, or more when it was written with more digits. That is what
//! FEEL-Scala's numbers do, and it makes the left operand's precision the one that counts.

mod compare;
mod convert;
mod digits;
mod double;
mod error;
mod power;
mod product;
mod quotient;
mod rounding;
mod scale;
mod sum;
#[cfg(test)]
mod tests;
mod text;

use std::sync::Arc;

use num_bigint::{BigInt, Sign};

use digits::{TEN_TO_34, count_digits};
pub use double::double_text;
pub use error::DecimalError;
pub use rounding::Rounding;

/// The significant digits that results keep unless an operand was written with more: `MathContext.DECIMAL128`.
pub const PRECISION: u32 = 34;

/// The most digits a coefficient may have; an operation that would need more fails with
/// [`DecimalError::TooManyDigits`] before it allocates them.
pub const MAX_DIGITS: u32 = 200_000;

/// A decimal number of FEEL: 24 bytes, no allocation up to 34 digits.
///
/// `==`, ordering and hashing go by value (`1.0 == 1.00`); the text keeps the scale (`1.00`).
///
/// ```
/// use feel_rs::decimal::Decimal;
///
/// let price = Decimal::parse("2.00")?;
/// let total = price.mul(&Decimal::parse("3.000")?)?;
/// assert_eq!(total.to_string(), "6.00000");
/// assert_eq!(total, Decimal::from(6));
/// # Ok::<(), feel_rs::decimal::DecimalError>(())
/// ```
#[derive(Clone)]
pub struct Decimal(Repr);

/// Small holds every number of at most 34 digits whose precision is 34; all others are Large.
#[derive(Clone)]
enum Repr {
    /// The coefficient as bytes in native order, which keeps the type at 24 bytes and costs nothing to read.
    Small { scale: i32, coefficient: [u8; 16] },
    /// Shared, as copying a hundred thousand digits takes long.
    Large(Arc<Large>),
}

/// A number that needs a big coefficient or keeps a precision above 34.
#[derive(Clone)]
struct Large {
    coefficient: BigInt,
    scale: i32,
    precision: u32,
}

impl Decimal {
    /// Zero, with scale 0.
    pub const ZERO: Self = Self::small(0, 0);
    /// One, with scale 0.
    pub const ONE: Self = Self::small(1, 0);
    /// Ten, with scale 0.
    pub const TEN: Self = Self::small(10, 0);

    /// A number whose coefficient is known to have at most 34 digits.
    const fn small(coefficient: i128, scale: i32) -> Self {
        Self(Repr::Small { scale, coefficient: coefficient.to_ne_bytes() })
    }

    /// A number of 34-digit precision from any i128, unrounded.
    fn exact(coefficient: i128, scale: i32) -> Self {
        if coefficient.unsigned_abs() < TEN_TO_34.unsigned_abs() {
            Self::small(coefficient, scale)
        } else {
            Self(Repr::Large(Arc::new(Large {
                coefficient: coefficient.into(),
                scale,
                precision: PRECISION,
            })))
        }
    }

    /// A number from a big coefficient, unrounded, in the smaller of the two forms that holds it.
    fn wide(coefficient: BigInt, scale: i32, precision: u32) -> Self {
        if precision == PRECISION
            && let Ok(small) = i128::try_from(&coefficient)
        {
            return Self::exact(small, scale);
        }
        Self(Repr::Large(Arc::new(Large { coefficient, scale, precision })))
    }

    /// Coefficient and scale when this is a small number.
    #[inline]
    fn as_small(&self) -> Option<(i128, i32)> {
        match &self.0 {
            Repr::Small { scale, coefficient } => Some((i128::from_ne_bytes(*coefficient), *scale)),
            Repr::Large(_) => None,
        }
    }

    /// Coefficient and scale of any number, for the paths where speed does not matter.
    fn parts(&self) -> (BigInt, i32) {
        match &self.0 {
            Repr::Small { scale, coefficient } => (i128::from_ne_bytes(*coefficient).into(), *scale),
            Repr::Large(large) => (large.coefficient.clone(), large.scale),
        }
    }

    /// The precision that results computed from this number are rounded to: at least 34.
    #[must_use]
    pub fn context_precision(&self) -> u32 {
        match &self.0 {
            Repr::Small { .. } => PRECISION,
            Repr::Large(large) => large.precision,
        }
    }

    /// The digits after the decimal point; negative when the coefficient stands for tens, hundreds...
    #[must_use]
    pub fn scale(&self) -> i32 {
        match &self.0 {
            Repr::Small { scale, .. } => *scale,
            Repr::Large(large) => large.scale,
        }
    }

    /// The number of digits of the coefficient; 1 for zero.
    #[must_use]
    pub fn precision(&self) -> u32 {
        match &self.0 {
            Repr::Small { coefficient, .. } => {
                i128::from_ne_bytes(*coefficient).unsigned_abs().checked_ilog10().map_or(1, |log| log + 1)
            }
            Repr::Large(large) => count_digits(large.coefficient.magnitude()),
        }
    }

    fn sign(&self) -> Sign {
        match &self.0 {
            Repr::Small { coefficient, .. } => match i128::from_ne_bytes(*coefficient) {
                0 => Sign::NoSign,
                positive if positive > 0 => Sign::Plus,
                _ => Sign::Minus,
            },
            Repr::Large(large) => large.coefficient.sign(),
        }
    }

    /// Whether this is 0 of any scale.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.sign() == Sign::NoSign
    }

    /// Whether this is below 0.
    #[must_use]
    pub fn is_negative(&self) -> bool {
        self.sign() == Sign::Minus
    }

    /// Whether this is above 0.
    #[must_use]
    pub fn is_positive(&self) -> bool {
        self.sign() == Sign::Plus
    }

    /// The number with the other sign, unrounded, the scale kept.
    #[must_use]
    pub fn neg(&self) -> Self {
        match &self.0 {
            Repr::Small { scale, coefficient } => Self::small(-i128::from_ne_bytes(*coefficient), *scale),
            Repr::Large(large) => Self(Repr::Large(Arc::new(Large {
                coefficient: -&large.coefficient,
                scale: large.scale,
                precision: large.precision,
            }))),
        }
    }

    /// The number with the other sign, rounded to its own precision: `-decimal(1.5, 50)` has 34 digits, as Scala's.
    #[must_use]
    pub fn negated(&self) -> Self {
        let negative = self.neg();
        match &negative.0 {
            Repr::Large(large) if negative.precision() > large.precision => {
                let (coefficient, scale) = (large.coefficient.clone(), large.scale.into());
                scale::round_big(coefficient, scale, large.precision).unwrap_or(negative)
            }
            _ => negative,
        }
    }

    /// The number without its sign, unrounded, the scale kept.
    #[must_use]
    pub fn abs(&self) -> Self {
        if self.is_negative() { self.neg() } else { self.clone() }
    }
}

impl Default for Decimal {
    fn default() -> Self {
        Self::ZERO
    }
}
