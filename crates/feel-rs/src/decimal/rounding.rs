//! The seven rounding modes and division with rounding.

use std::cmp::Ordering;

use num_bigint::{BigInt, Sign};

/// How digits are dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// Away from zero.
    Up,
    /// Towards zero.
    Down,
    /// Towards positive infinity.
    Ceiling,
    /// Towards negative infinity.
    Floor,
    /// To the nearest; halves away from zero.
    HalfUp,
    /// To the nearest; halves towards zero.
    HalfDown,
    /// To the nearest; halves to the even neighbour.
    HalfEven,
}

impl Rounding {
    /// All modes, in the order in which the reference engine lists them.
    pub const ALL: [Self; 7] =
        [Self::Up, Self::Down, Self::Ceiling, Self::Floor, Self::HalfUp, Self::HalfDown, Self::HalfEven];

    /// The name, as `HALF_EVEN`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Up => "UP",
            Self::Down => "DOWN",
            Self::Ceiling => "CEILING",
            Self::Floor => "FLOOR",
            Self::HalfUp => "HALF_UP",
            Self::HalfDown => "HALF_DOWN",
            Self::HalfEven => "HALF_EVEN",
        }
    }

    /// The mode of a name in any case.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let upper = name.to_uppercase();
        Self::ALL.into_iter().find(|mode| mode.name() == upper)
    }

    /// Whether a truncated quotient moves away from zero; `half` compares the dropped part with one half.
    fn moves_away(self, negative: bool, half: Ordering, odd: bool) -> bool {
        match self {
            Self::Up => true,
            Self::Down => false,
            Self::Ceiling => !negative,
            Self::Floor => negative,
            Self::HalfUp => half != Ordering::Less,
            Self::HalfDown => half == Ordering::Greater,
            Self::HalfEven => half == Ordering::Greater || (half == Ordering::Equal && odd),
        }
    }

    /// What is left of a non-zero number of which every digit is dropped, the first one not being reached:
    /// 0, or one unit.
    pub(super) fn of_far_below_half(self, negative: bool) -> i128 {
        match (self.moves_away(negative, Ordering::Less, false), negative) {
            (false, _) => 0,
            (true, false) => 1,
            (true, true) => -1,
        }
    }

    /// `dividend / divisor` rounded; the divisor is positive and below 2^126.
    pub(super) fn divide_small(self, dividend: i128, divisor: i128) -> i128 {
        let (quotient, rest) = (dividend / divisor, dividend % divisor);
        if rest == 0 {
            return quotient;
        }
        let half = (rest.unsigned_abs() * 2).cmp(&divisor.unsigned_abs());
        if self.moves_away(dividend < 0, half, quotient % 2 != 0) {
            quotient + if dividend < 0 { -1 } else { 1 }
        } else {
            quotient
        }
    }

    /// `dividend / divisor` rounded, and whether the division was exact; the divisor is not zero.
    pub(super) fn divide_big(self, dividend: &BigInt, divisor: &BigInt) -> (BigInt, bool) {
        let quotient = dividend / divisor;
        let rest = dividend - &quotient * divisor;
        if rest.sign() == Sign::NoSign {
            return (quotient, true);
        }
        let negative = (dividend.sign() == Sign::Minus) != (divisor.sign() == Sign::Minus);
        let half = (rest.magnitude() * 2_u8).cmp(divisor.magnitude());
        let rounded = if self.moves_away(negative, half, quotient.bit(0)) {
            quotient + if negative { -1 } else { 1 }
        } else {
            quotient
        };
        (rounded, false)
    }
}
