//! `cargo xtask feel-diff`: generated expressions, answered by our engine and by FEEL-Scala, must be answered alike.

mod calls;
mod compare;
pub(crate) mod engines;
mod explained;
mod functions;
mod grammar;
mod kind;
mod literals;
mod random;
mod shrink;
mod tokens;
mod variables;

use anyhow::{Result, bail};
use compare::Difference;
use engines::{Case, Engine};
use explained::Explanation;
use grammar::Grammar;
use random::Random;
use serde_json::Value;
use std::{collections::BTreeMap, thread};

const BATCH: usize = 2_000;
/// In a hundred.
const DAMAGED: usize = 20;
/// Damage to deeper expressions takes the reference's parser exponential time.
const DEEPEST_DAMAGED: usize = 4;
/// Making expressions small takes time; more than this many are shown as they are.
const MOST_SHRUNK: usize = 150;

/// Both engines and the scopes that they evaluate in.
struct Engines {
    ours: Engine,
    reference: Engine,
    scopes: Vec<Value>,
}

impl Engines {
    fn differences(&mut self, cases: &[Case]) -> Result<Vec<Option<Difference>>> {
        let Self { ours, reference, scopes } = self;
        let (ours, reference) = thread::scope(|scope| {
            let ours = scope.spawn(|| ours.ask(cases, scopes));
            let reference = reference.ask(cases, scopes);
            (ours.join(), reference)
        });
        let (Ok(ours), reference) = (ours, reference?) else {
            bail!("the thread that asks our engine ended")
        };
        let ours = ours?;
        Ok(reference
            .iter()
            .zip(&ours)
            .map(|(reference, ours)| compare::difference(reference, ours))
            .collect())
    }
}

/// Compares this many expressions; fails when a difference is not explained.
pub(crate) fn run(count: usize, seed: u64) -> Result<()> {
    let mut engines =
        Engines { ours: Engine::ours()?, reference: Engine::reference()?, scopes: variables::scopes()? };
    let (functions, explanations) = (functions::table()?, explained::list()?);
    let mut random = Random::new(seed);
    let mut report = Report::default();
    let mut done = 0;
    while done < count {
        let size = BATCH.min(count - done);
        let cases: Vec<Case> =
            (0..size).map(|_| case(&mut random, &functions, engines.scopes.len())).collect();
        let differences = engines.differences(&cases)?;
        for (case, difference) in cases.into_iter().zip(differences) {
            let Some(difference) = difference else { continue };
            report.add(&mut engines, &explanations, case, difference)?;
        }
        done += size;
        if done % (5 * BATCH) == 0 {
            println!("{done} compared");
        }
    }
    report.print(count, seed);
    if report.unexplained > 0 {
        bail!("{} of {count} expressions differ without an explanation", report.unexplained);
    }
    Ok(())
}

fn case(random: &mut Random, functions: &[functions::Function], scopes: usize) -> Case {
    let text = Grammar::new(random, functions).expression();
    let is_shallow = tokens::nesting(&text) <= DEEPEST_DAMAGED;
    let text = if is_shallow && random.percent(DAMAGED) { tokens::damage(random, &text) } else { text };
    Case { text, scope: random.below(scopes) }
}

#[derive(Default)]
struct Report {
    by_class: BTreeMap<&'static str, usize>,
    by_reason: BTreeMap<&'static str, usize>,
    shrunk: usize,
    unexplained: usize,
    shown: BTreeMap<String, usize>,
}

impl Report {
    fn add(
        &mut self,
        engines: &mut Engines,
        explanations: &[Explanation],
        case: Case,
        difference: Difference,
    ) -> Result<()> {
        *self.by_class.entry(difference.class).or_default() += 1;
        let reason = |case: &Case, difference: &Difference, is_small| {
            explanations.iter().find(|known| known.fits(case, difference, is_small)).map(|known| known.reason)
        };
        if let Some(reason) = reason(&case, &difference, false) {
            *self.by_reason.entry(reason).or_default() += 1;
            return Ok(());
        }
        let is_worth_it = self.shrunk < MOST_SHRUNK;
        let (small, difference) = match is_worth_it {
            true => shrink::shrink(engines, case, difference)?,
            false => (case, difference),
        };
        self.shrunk += 1;
        if let Some(reason) = reason(&small, &difference, true) {
            *self.by_reason.entry(reason).or_default() += 1;
            return Ok(());
        }
        self.unexplained += 1;
        let times = self.shown.entry(small.text.clone()).or_default();
        *times += 1;
        if *times == 1 {
            println!(
                "\n{}, in scope {}:\n    {}\n    reference: {}\n    ours:      {}",
                difference.class,
                small.scope,
                Value::from(small.text.as_str()),
                difference.reference,
                difference.ours
            );
        }
        Ok(())
    }

    fn print(&self, count: usize, seed: u64) {
        println!("\n{count} expressions of seed {seed}");
        for (class, number) in &self.by_class {
            println!("{number:8}  {class}");
        }
        for (reason, number) in &self.by_reason {
            println!("{number:8}  explained: {reason}");
        }
        println!("{:8}  unexplained", self.unexplained);
    }
}
