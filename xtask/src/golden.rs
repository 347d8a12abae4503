//! How much of the recorded behaviour of the Java connector we reproduce.

use crate::shell;
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;

/// The crates that play a recorded corpus in a test named `golden`.
const CORPORA: [(&str, &str); 2] = [("outbound", "sqs-outbound"), ("inbound", "sqs-inbound")];

/// One category of recorded scenarios.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Rates {
    recorded: usize,
    /// Equal in what is done: commands, retries, variables, requests to SQS.
    outcome: usize,
    /// Equal in every text as well.
    texts: usize,
}

/// Plays both corpora and prints the shares; fails when a scenario differs for no listed reason.
pub(crate) fn run() -> Result<()> {
    let mut report =
        format!("{:<34}{:>8}{:>16}{:>16}\n", "category", "recorded", "same outcome", "same texts");
    for (corpus, package) in CORPORA {
        let table = play(package)?;
        let mut total = Rates::default();
        for (category, rates) in &table {
            report += &line(&format!("{corpus} {category}"), *rates);
            total.recorded += rates.recorded;
            total.outcome += rates.outcome;
            total.texts += rates.texts;
        }
        report += &line(&format!("{corpus} = all"), total);
    }
    println!("{report}\nevery scenario that differs is listed with its reason");
    Ok(())
}

fn play(package: &str) -> Result<BTreeMap<String, Rates>> {
    let arguments = ["test", "--quiet", "--package", package, "--test", "golden", "--", "--nocapture"];
    let output = shell::command(&shell::cargo_program(), &arguments)
        .env("RUST_BACKTRACE", "0")
        .output()
        .with_context(|| format!("cannot start the test golden of {package}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        bail!("{package} differs from the recordings\n{text}{}", String::from_utf8_lossy(&output.stderr));
    }
    let table = rates(&text);
    if table.is_empty() {
        bail!(
            "the test golden of {package} printed no table; were the names of its columns changed?\n{text}"
        );
    }
    Ok(table)
}

/// The rows behind the line that starts with `category`: a name without spaces, then the three counts, then anything.
fn rates(output: &str) -> BTreeMap<String, Rates> {
    let lines = output.lines().skip_while(|line| !line.starts_with("category ")).skip(1);
    lines.map_while(row).filter(|(category, _)| category != "total").collect()
}

fn row(line: &str) -> Option<(String, Rates)> {
    let mut words = line.split_whitespace();
    let category = words.next()?.to_owned();
    let mut count = || words.next()?.parse().ok();
    Some((category, Rates { recorded: count()?, outcome: count()?, texts: count()? }))
}

fn line(category: &str, rates: Rates) -> String {
    let share = |count: usize| {
        let permille = (count * 1_000).checked_div(rates.recorded).unwrap_or_default();
        format!("{count} {:>3}.{} %", permille / 10, permille % 10)
    };
    format!("{category:<34}{:>8}{:>16}{:>16}\n", rates.recorded, share(rates.outcome), share(rates.texts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_rows_of_a_table_amid_other_output() {
        let output = "running 1 test\ncategory      n  outcome   full  listed\nauth         17       16     15       2\n\
                      body          1        1      1       0\ntotal        18       17     16       2\ntest it ... ok\n";
        let table = rates(output);
        assert_eq!(table.len(), 2);
        assert_eq!(table.get("auth"), Some(&Rates { recorded: 17, outcome: 16, texts: 15 }));
        assert!(rates("test it ... ok\n").is_empty());
    }

    #[test]
    fn a_share_is_cut_off_not_rounded_up() {
        let rates = Rates { recorded: 1_000, outcome: 999, texts: 1_000 };
        assert!(line("c", rates).contains("999  99.9 %"));
        assert!(line("c", Rates { recorded: 3_001, outcome: 3_000, texts: 0 }).contains("3000  99.9 %"));
    }
}
