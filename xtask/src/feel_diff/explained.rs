//! The differences that are wanted or known, each with its reason.

use super::{compare::Difference, engines::Case};
use anyhow::{Context, Result};

const LIST: &str = include_str!("explained.txt");

/// A line of the list.
#[derive(Debug)]
pub(super) struct Explanation {
    /// Whether it holds for expressions as they were generated, not only for those made small.
    is_wide: bool,
    class: &'static str,
    expression: &'static str,
    reference: &'static str,
    ours: &'static str,
    /// Why the difference is as it should be.
    pub(super) reason: &'static str,
}

/// The list.
pub(super) fn list() -> Result<Vec<Explanation>> {
    LIST.lines()
        .filter(|line| !line.starts_with('#') && !line.trim().is_empty())
        .map(|line| explanation(line).with_context(|| format!("explained.txt: cannot read `{line}`")))
        .collect()
}

fn explanation(line: &'static str) -> Option<Explanation> {
    let (pattern, reason) = line.split_once(" => ")?;
    let mut fields = pattern.split(" ¦ ").map(str::trim);
    let is_wide = fields.next()? == "any";
    let (class, expression, reference, ours) =
        (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
    Some(Explanation { is_wide, class, expression, reference, ours, reason: reason.trim() })
}

impl Explanation {
    /// Whether it explains the difference of an expression, which was made small or not.
    pub(super) fn fits(&self, case: &Case, difference: &Difference, is_small: bool) -> bool {
        (is_small || self.is_wide)
            && glob(self.class, difference.class)
            && glob(self.expression, &case.text)
            && glob(self.ours, &difference.ours)
            && match self.reference.strip_prefix("warns ") {
                Some(warning) => difference.warnings.iter().any(|known| glob(warning, known)),
                None => glob(self.reference, &difference.reference),
            }
    }
}

/// `*` stands for any text.
fn glob(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(text) = text.strip_prefix(head) else { return false };
    let places = text.char_indices().map(|(place, _)| place).chain([text.len()]);
    rest.is_empty() || places.into_iter().any(|place| text.get(place..).is_some_and(|text| glob(rest, text)))
}
