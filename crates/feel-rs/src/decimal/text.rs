//! Reading and writing decimals as Java's `BigDecimal` does.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use num_bigint::{BigInt, Sign};

use super::scale::check_scale;
use super::{Decimal, DecimalError, MAX_DIGITS, PRECISION, Repr};

impl Decimal {
    /// Reads a number: optional sign, digits with an optional point, optional exponent (`.5`, `5.`, `1e-3`).
    /// A number of more than 34 digits keeps all of them and their count as its precision.
    ///
    /// # Errors
    /// [`DecimalError::NotANumber`] for any other text, [`DecimalError::TooManyDigits`] beyond the digit limit.
    pub fn parse(text: &str) -> Result<Self, DecimalError> {
        if let Some(number) = Self::parse_short(text) {
            return Ok(number);
        }
        if text.is_ascii() { Self::parse_ascii(text) } else { Self::parse_ascii(&ascii_digits(text)) }
    }

    /// Up to 18 characters, which are digits but for a minus in front and one point: nearly all numbers that are written.
    pub(super) fn parse_short(text: &str) -> Option<Self> {
        let (is_negative, unsigned) = match text.as_bytes() {
            [b'-', rest @ ..] => (true, rest),
            rest => (false, rest),
        };
        if unsigned.len() > 18 {
            return None;
        }
        let mut coefficient: i64 = 0;
        let (mut digits, mut fraction) = (0, None);
        for byte in unsigned {
            match byte {
                b'0'..=b'9' => {
                    coefficient = coefficient * 10 + i64::from(byte - b'0');
                    digits += 1;
                }
                b'.' if fraction.is_none() => fraction = Some(digits),
                _ => return None,
            }
        }
        let scale: i32 = fraction.map_or(0, |whole| digits - whole);
        (digits > 0)
            .then(|| Self::small(i128::from(if is_negative { -coefficient } else { coefficient }), scale))
    }

    fn parse_ascii(text: &str) -> Result<Self, DecimalError> {
        let invalid = || DecimalError::NotANumber(explain(text));
        let (mantissa, exponent) = match text.find(['e', 'E']) {
            Some(at) => {
                let (mantissa, rest) = text.split_at_checked(at).ok_or_else(invalid)?;
                (mantissa, parse_exponent(rest.get(1..).unwrap_or_default()).ok_or_else(invalid)?)
            }
            None => (text, 0),
        };
        let unsigned = mantissa.strip_prefix(['+', '-']).unwrap_or(mantissa);
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if !all_digits(whole) || !all_digits(fraction) || (whole.is_empty() && fraction.is_empty()) {
            return Err(invalid());
        }
        let fraction_length = i64::try_from(fraction.len()).map_err(|_| DecimalError::TooManyDigits)?;
        let scale = i32::try_from(fraction_length - exponent)
            .map_err(|_| DecimalError::NotANumber("Scale out of range.".to_owned()))?;
        Self::from_digits(mantissa.starts_with('-'), whole, fraction, scale)
    }

    fn from_digits(negative: bool, whole: &str, fraction: &str, scale: i32) -> Result<Self, DecimalError> {
        if whole.len() + fraction.len() <= 38 {
            let digits = whole.bytes().chain(fraction.bytes()).map(|byte| i128::from(byte - b'0'));
            let magnitude = digits.fold(0, |sum, digit| sum * 10 + digit);
            let number = Self::exact(if negative { -magnitude } else { magnitude }, scale);
            return Ok(number.with_own_precision());
        }
        let digits = format!("{}{}", whole, fraction);
        let digits = digits.trim_start_matches('0');
        if digits.len() > usize::try_from(MAX_DIGITS).unwrap_or(usize::MAX) {
            return Err(DecimalError::TooManyDigits);
        }
        let magnitude = BigInt::parse_bytes(digits.as_bytes(), 10).unwrap_or(BigInt::ZERO);
        let coefficient = if negative { -magnitude } else { magnitude };
        Ok(Self::wide(coefficient, check_scale(scale.into(), false)?, PRECISION).with_own_precision())
    }

    /// The same number keeping its own digit count as its precision where that is above 34.
    pub(super) fn with_own_precision(mut self) -> Self {
        let digits = self.precision();
        if let Repr::Large(large) = &mut self.0 {
            Arc::make_mut(large).precision = digits.max(PRECISION);
        }
        self
    }

    /// The number without an exponent: `1E+3` is `1000`.
    ///
    /// # Errors
    /// [`DecimalError::TooManyDigits`] where the text would exceed the digit limit.
    pub fn plain_text(&self) -> Result<String, DecimalError> {
        let (sign, digits, scale) = self.sign_and_digits();
        if scale.unsigned_abs() > u64::from(MAX_DIGITS) {
            return Err(DecimalError::TooManyDigits);
        }
        if scale > 0 {
            return Ok(format!("{sign}{}", with_point(&digits, scale)));
        }
        let zeros = if self.is_zero() { 0 } else { usize::try_from(-scale).unwrap_or_default() };
        Ok(format!("{sign}{digits}{}", "0".repeat(zeros)))
    }

    fn sign_and_digits(&self) -> (&'static str, String, i64) {
        let sign = if self.sign() == Sign::Minus { "-" } else { "" };
        match &self.0 {
            Repr::Small { scale, coefficient } => {
                (sign, i128::from_ne_bytes(*coefficient).unsigned_abs().to_string(), (*scale).into())
            }
            Repr::Large(large) => (sign, large.coefficient.magnitude().to_string(), large.scale.into()),
        }
    }
}

/// The zeros of the other scripts whose digits Java reads, the nine digits following each.
const ZEROS: [u16; 36] = [
    0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66, 0x0DE6,
    0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0,
    0x1C40, 0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10,
];

/// The text with the digits of all scripts written in ASCII.
fn ascii_digits(text: &str) -> String {
    let ascii = |char: char| {
        let digit = ZEROS.iter().find_map(|zero| {
            u32::from(char).checked_sub(u32::from(*zero)).and_then(|value| char::from_digit(value, 10))
        });
        digit.unwrap_or(char)
    };
    text.chars().map(ascii).collect()
}

/// Digits with a point before the last `scale` of them, zeros in front where they are too few.
fn with_point(digits: &str, scale: i64) -> String {
    let scale = usize::try_from(scale).unwrap_or_default();
    match digits
        .len()
        .checked_sub(scale)
        .filter(|whole| *whole > 0)
        .and_then(|at| digits.split_at_checked(at))
    {
        Some((whole, fraction)) => format!("{whole}.{fraction}"),
        None => format!("0.{digits:0>scale$}"),
    }
}

/// The exponent's value; Java takes at most 10 digits.
fn parse_exponent(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let significant = digits.trim_start_matches('0');
    if significant.len() > 10 {
        return None;
    }
    let value: i64 = if significant.is_empty() { 0 } else { significant.parse().ok()? };
    Some(if text.starts_with('-') { -value } else { value })
}

/// Java's message for a text that is no number, as far as it has one.
fn explain(text: &str) -> String {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    match unsigned.chars().find(|char| !char.is_ascii_digit() && !matches!(char, '.' | 'e' | 'E')) {
        Some(wrong) => format!(
            "Character {wrong} is neither a decimal digit number, decimal point, nor \"e\" notation exponential mark."
        ),
        None => "No digits found.".to_owned(),
    }
}

impl fmt::Display for Decimal {
    /// As `BigDecimal.toString`: plain from scale 0 up while the first digit is at most six places after the
    /// point, else with an exponent (`1E-7`, `1.5E+3`).
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((coefficient, 0)) = self.as_small()
            && let Ok(integer) = i64::try_from(coefficient)
        {
            return write!(out, "{integer}");
        }
        let (sign, digits, scale) = self.sign_and_digits();
        if scale == 0 {
            return write!(out, "{sign}{digits}");
        }
        let exponent = i64::try_from(digits.len()).unwrap_or(i64::MAX) - 1 - scale;
        if scale > 0 && exponent >= -6 {
            return write!(out, "{sign}{}", with_point(&digits, scale));
        }
        let (first, rest) = digits.split_at_checked(1).unwrap_or((&digits, ""));
        let point = if rest.is_empty() { "" } else { "." };
        write!(out, "{sign}{first}{point}{rest}")?;
        if exponent != 0 {
            write!(out, "E{exponent:+}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Decimal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl FromStr for Decimal {
    type Err = DecimalError;

    fn from_str(text: &str) -> Result<Self, DecimalError> {
        Self::parse(text)
    }
}
