//! Making an expression that differs smaller, as long as it differs in the same way.

use super::{Engines, compare::Difference, engines::Case, tokens};
use anyhow::Result;
use std::collections::BTreeSet;

const SIMPLER: &[&str] = &["", "1", "null", "x", "\"a\"", "true"];
const CHUNK: usize = 250;
/// Longer expressions are cut in coarser steps first.
const LONG: usize = 40;

/// The smallest expression that was found to differ in the same way, and its difference.
pub(super) fn shrink(
    engines: &mut Engines,
    case: Case,
    difference: Difference,
) -> Result<(Case, Difference)> {
    let shape = difference.shape();
    let (mut best, mut found) = (case, difference);
    while let Some((smaller, difference)) = smaller(engines, &best, &shape)? {
        (best, found) = (smaller, difference);
    }
    Ok((best, found))
}

fn smaller(engines: &mut Engines, case: &Case, shape: &str) -> Result<Option<(Case, Difference)>> {
    let candidates: Vec<Case> =
        candidates(&case.text).into_iter().map(|(_, text)| Case { text, scope: case.scope }).collect();
    for chunk in candidates.chunks(CHUNK) {
        let differences = engines.differences(chunk)?;
        let hit = chunk.iter().zip(differences).find_map(|(case, difference)| {
            Some((case, difference?)).filter(|(_, difference)| difference.shape() == shape)
        });
        if let Some((case, difference)) = hit {
            return Ok(Some((case.clone(), difference)));
        }
    }
    Ok(None)
}

/// Shorter texts, the shortest first.
fn candidates(text: &str) -> BTreeSet<(usize, String)> {
    let tokens = tokens::split(text);
    let step = 1 + tokens.len() / LONG;
    let mut candidates = BTreeSet::new();
    for start in (0..tokens.len()).step_by(step) {
        for end in (start + 1..=tokens.len()).step_by(step) {
            let parts = (tokens.get(..start), tokens.get(start..end), tokens.get(end..));
            let (Some(head), Some(middle), Some(tail)) = parts else { continue };
            candidates.insert(middle.concat());
            for simple in SIMPLER {
                candidates.insert(format!("{}{simple}{}", head.concat(), tail.concat()));
            }
        }
    }
    let is_smaller = |other: &String| (other.len(), other.as_str()) < (text.len(), text);
    // Brackets that lack their counterpart take the reference's parser exponential time.
    let imbalance = tokens::imbalance(text);
    let is_cheap = |other: &String| tokens::imbalance(other) <= imbalance;
    candidates.into_iter().filter(is_smaller).filter(is_cheap).map(|text| (text.len(), text)).collect()
}
