//! `feel`: FEEL as the connectors evaluate it.

mod repl;

use anyhow::{Context, Result, bail};
use connector_feel::{FeelEngine, FeelError, FeelOptions};
use serde_json::Value;
use std::{
    io::{stdin, stdout},
    path::{Path, PathBuf},
};

/// What to do with FEEL.
#[derive(clap::Subcommand)]
pub(crate) enum Feel {
    /// Evaluate one expression, or many as JSON lines.
    Eval {
        /// Read `{"id","expr","context"}` a line from standard input, answer a line each.
        #[arg(long, conflicts_with_all = ["context", "expression"])]
        jsonl: bool,
        /// A JSON file with the variables.
        #[arg(long, value_name = "FILE")]
        context: Option<PathBuf>,
        /// The expression; a leading `=` is dropped.
        #[arg(required_unless_present = "jsonl")]
        expression: Option<String>,
    },
    /// Read expressions from the terminal, one after another, with history.
    Repl {
        /// A JSON file with the variables.
        #[arg(long, value_name = "FILE")]
        context: Option<PathBuf>,
        /// A file that keeps the history from one time to the next.
        #[arg(long, value_name = "FILE")]
        history: Option<PathBuf>,
    },
}

/// Runs one FEEL command.
pub(crate) fn run(feel: &Feel) -> Result<()> {
    match feel {
        Feel::Eval { jsonl: true, .. } => Ok(connector_feel::jsonl::run(stdin().lock(), stdout().lock())?),
        Feel::Eval { context, expression, .. } => {
            let (variables, expression) =
                (variables(context.as_deref())?, expression.as_deref().unwrap_or_default());
            match FeelEngine::new(FeelOptions::default()).evaluate(expression, &[&variables]) {
                Ok(value) => println!("{value:#}"),
                Err(error) => bail!("{}", explained(expression, &error)),
            }
            Ok(())
        }
        Feel::Repl { context, history } => repl::run(variables(context.as_deref())?, history.as_deref()),
    }
}

fn variables(file: Option<&Path>) -> Result<Value> {
    let Some(file) = file else { return Ok(Value::Object(serde_json::Map::new())) };
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is not JSON", file.display()))
}

/// The engine's words; for a syntax error with the line it is in and a caret under the place.
fn explained(expression: &str, error: &FeelError) -> String {
    let reason = error.reason();
    let Some((line, column)) = error.position() else { return reason.to_owned() };
    let trimmed = expression.trim();
    let parsed = trimmed.strip_prefix('=').unwrap_or(trimmed).trim();
    let Some(text) = parsed.split('\n').nth(line.saturating_sub(1)) else { return reason.to_owned() };
    // The column counts UTF-16 units, a terminal shows characters.
    let mut units = 0;
    let before = text.chars().take_while(|c| {
        units += c.len_utf16();
        units < column
    });
    format!("{reason}\n  {text}\n  {}^", " ".repeat(before.count()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explanation(expression: &str) -> String {
        let error = FeelEngine::new(FeelOptions::default()).evaluate(expression, &[]).unwrap_err();
        explained(expression, &error).strip_prefix(error.reason()).unwrap().to_owned()
    }

    #[test]
    fn a_caret_stands_under_what_is_wrong_in_its_line() {
        assert_eq!(explanation("= 1 + + 2"), "\n  1 + + 2\n    ^");
        assert_eq!(explanation("1\n  ;"), "\n    ;\n    ^");
    }

    #[test]
    fn a_character_outside_of_the_basic_plane_takes_one_place() {
        assert_eq!(explanation("\"😀\" ;"), "\n  \"😀\" ;\n      ^");
    }
}
