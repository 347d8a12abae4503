//! The way through doubles: contexts bring them, and roots, logarithms and fractional powers are computed in them.

use num_bigint::Sign;

use super::{Decimal, DecimalError};

/// 10^0 to 10^22, the powers of ten that a double holds exactly.
const EXACT_POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    1e19, 1e20, 1e21, 1e22,
];

/// From so many digits on, two texts of a normal double may be equally short and equally near to it.
const DIGITS_OF_TIES: usize = 16;

/// A double as Java's `Double.toString` writes it since Java 19: of the shortest digits that read back, but of two at
/// least, those nearest to it, and of two equally near the even ones; at least one digit after the point, an exponent
/// below 10^-3 and from 10^7 (`0.1`, `100.0`, `1.0E7`, `1.5E-4`, `NaN`, `Infinity`).
#[must_use]
pub fn double_text(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    let is_plain = value == 0.0 || (1e-3..1e7).contains(&value.abs());
    let shortest = if is_plain { format!("{value:?}") } else { format!("{value:e}") };
    let head = shortest.split('e').next().unwrap_or_default();
    let places = head.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let may_tie = head.len() > DIGITS_OF_TIES || value.is_subnormal();
    let text = match places {
        0 => format!("{value:.1e}"),
        _ if may_tie && is_plain => nearest(value, format!("{value:.places$}")).unwrap_or(shortest),
        _ if may_tie => nearest(value, format!("{value:.places$e}")).unwrap_or(shortest),
        _ => shortest,
    };
    if is_plain { text } else { text.replace('e', "E") }
}

/// The nearest text of so many digits, the even one of two, where it reads back as the same double.
fn nearest(value: f64, text: String) -> Option<String> {
    (text.parse() == Ok(value)).then_some(text)
}

impl Decimal {
    /// The decimal of a double's Java text, so 0.1 is `0.1` and 4 is `4.0`.
    ///
    /// # Errors
    /// [`DecimalError::NotANumber`] for NaN and the infinities.
    pub fn from_f64(value: f64) -> Result<Self, DecimalError> {
        Self::parse(&double_text(value))
    }

    /// The nearest double; infinite beyond its range.
    #[must_use]
    pub fn to_f64(&self) -> f64 {
        if let Some((coefficient, scale)) = self.as_small()
            && let Some(exact) = exact_f64(coefficient)
            && let Some(power) =
                usize::try_from(scale.unsigned_abs()).ok().and_then(|at| EXACT_POWERS.get(at))
        {
            return if scale >= 0 { exact / power } else { exact * power };
        }
        let (coefficient, scale) = self.parts();
        format!("{coefficient}e{}", -i64::from(scale)).parse().unwrap_or(match self.sign() {
            Sign::Minus => f64::NEG_INFINITY,
            _ => f64::INFINITY,
        })
    }

    /// The square root, computed in doubles.
    ///
    /// # Errors
    /// [`DecimalError::NotANumber`] for negative numbers.
    pub fn sqrt(&self) -> Result<Self, DecimalError> {
        Self::from_f64(self.to_f64().sqrt())
    }

    /// The natural logarithm, computed in doubles.
    ///
    /// # Errors
    /// [`DecimalError::NotANumber`] for 0 and negative numbers.
    pub fn ln(&self) -> Result<Self, DecimalError> {
        Self::from_f64(self.to_f64().ln())
    }

    /// e to this power, computed in doubles.
    ///
    /// # Errors
    /// [`DecimalError::NotANumber`] where the result exceeds the range of doubles.
    pub fn exp(&self) -> Result<Self, DecimalError> {
        Self::from_f64(self.to_f64().exp())
    }
}

/// The coefficient as a double where that is exact.
fn exact_f64(coefficient: i128) -> Option<f64> {
    let magnitude =
        u64::try_from(coefficient.unsigned_abs()).ok().filter(|magnitude| *magnitude <= 1 << 53)?;
    let high = u32::try_from(magnitude >> 32).ok()?;
    let low = u32::try_from(magnitude & 0xFFFF_FFFF).ok()?;
    let exact = f64::from(high) * 4_294_967_296.0 + f64::from(low);
    Some(if coefficient < 0 { -exact } else { exact })
}
