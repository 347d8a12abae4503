//! Tables and targets.

use anyhow::{Result, bail};

/// A table whose first column is words and whose others are figures.
pub(super) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these headings.
    pub(super) fn new(headings: &[&str]) -> Self {
        Self { rows: vec![headings.iter().map(|heading| (*heading).to_owned()).collect()] }
    }

    /// Adds a row; `None` is a figure that there is not.
    pub(super) fn row(&mut self, name: &str, figures: &[Option<f64>]) {
        let shown = figures.iter().map(|figure| figure.map_or_else(|| "–".to_owned(), show));
        self.rows.push(std::iter::once(name.to_owned()).chain(shown).collect());
    }

    /// Prints it under a title.
    pub(super) fn print(&self, title: &str) {
        println!("\n{title}");
        let width = |column: usize| {
            self.rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max()
        };
        for row in &self.rows {
            let mut line = String::new();
            for (column, cell) in row.iter().enumerate() {
                let width = width(column).unwrap_or_default();
                line += &if column == 0 { format!("{cell:width$}") } else { format!("  {cell:>width$}") };
            }
            println!("{}", line.trim_end());
        }
    }
}

/// As many digits as mean something.
fn show(figure: f64) -> String {
    match figure.abs() {
        large if large >= 100.0 => format!("{figure:.0}"),
        middle if middle >= 1.0 => format!("{figure:.2}"),
        _ => format!("{figure:.4}"),
    }
}

/// What was promised, and whether it holds.
#[derive(Default)]
pub(super) struct Targets {
    missed: usize,
}

impl Targets {
    /// A figure that must not be larger.
    pub(super) fn at_most(&mut self, what: &str, figure: f64, target: f64) {
        self.judge(what, figure, "≤", target, figure <= target);
    }

    /// A figure that must not be smaller.
    pub(super) fn at_least(&mut self, what: &str, figure: f64, target: f64) {
        self.judge(what, figure, "≥", target, figure >= target);
    }

    fn judge(&mut self, what: &str, figure: f64, relation: &str, target: f64, holds: bool) {
        let verdict = if holds { "holds" } else { "MISSED" };
        println!("{verdict:6}  {what}: {} (target {relation} {target})", show(figure));
        self.missed += usize::from(!holds);
    }

    /// Fails when a target was missed.
    pub(super) fn conclude(self) -> Result<()> {
        if self.missed > 0 {
            bail!("{} target(s) missed", self.missed);
        }
        Ok(())
    }
}

/// A count as a figure.
pub(super) fn real(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missed_target_fails_the_bench() {
        let mut targets = Targets::default();
        targets.at_most("requests", 150.0, 150.0);
        targets.at_least("rate", 0.9, 0.9);
        assert!(targets.conclude().is_ok());
        let mut targets = Targets::default();
        targets.at_most("requests", 150.1, 150.0);
        assert!(targets.conclude().is_err());
    }
}
