//! `feel repl`: expressions from the terminal.

use super::explained;
use anyhow::Result;
use connector_feel::{FeelEngine, FeelOptions};
use rustyline::{DefaultEditor, error::ReadlineError};
use serde_json::Value;
use std::path::Path;

const HELP: &str = "an expression         evaluates it
:let NAME EXPRESSION  keeps its value as a variable
:variables            shows the variables
:help                 shows this; Ctrl-D ends";

/// Reads and evaluates until the end of the input.
pub(super) fn run(mut variables: Value, history: Option<&Path>) -> Result<()> {
    let engine = FeelEngine::new(FeelOptions::default());
    let mut editor = DefaultEditor::new()?;
    if let Some(file) = history.filter(|file| file.exists()) {
        editor.load_history(file)?;
    }
    loop {
        match editor.readline("feel> ") {
            Ok(line) if line.trim().is_empty() => {}
            Ok(line) => {
                editor.add_history_entry(line.as_str())?;
                println!("{}", answer(&engine, &mut variables, line.trim()));
            }
            // Ctrl-C gives up a line, not the session.
            Err(ReadlineError::Interrupted) => {}
            Err(ReadlineError::Eof) => break,
            Err(problem) => return Err(problem.into()),
        }
    }
    if let Some(file) = history {
        editor.save_history(file)?;
    }
    Ok(())
}

fn answer(engine: &FeelEngine, variables: &mut Value, line: &str) -> String {
    let evaluate = |variables: &Value, expression: &str| {
        engine.evaluate(expression, &[variables]).map_err(|error| explained(expression, &error))
    };
    match line.split_once(' ').map_or((line, ""), |(command, rest)| (command, rest.trim())) {
        (":help", _) => HELP.to_owned(),
        (":variables", _) => format!("{variables:#}"),
        (":let", rest) => match rest.split_once(' ') {
            None => ":let takes a name and an expression".to_owned(),
            Some((name, expression)) => match (evaluate(variables, expression), variables.as_object_mut()) {
                (Ok(value), Some(fields)) => {
                    let shown = format!("{value:#}");
                    fields.insert(name.to_owned(), value);
                    shown
                }
                (Ok(_), None) => "the variables are no JSON object".to_owned(),
                (Err(complaint), _) => complaint,
            },
        },
        (command, _) if command.starts_with(':') => "no such command; :help lists them".to_owned(),
        _ => evaluate(variables, line).map_or_else(|complaint| complaint, |value| format!("{value:#}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_variable_that_was_let_is_seen_by_the_next_expression() {
        let engine = FeelEngine::new(FeelOptions::default());
        let mut variables = json!({"a": 2});
        assert_eq!(answer(&engine, &mut variables, ":let b a * 21"), "42");
        assert_eq!(answer(&engine, &mut variables, "= b + 1"), "43");
    }

    #[test]
    fn what_is_no_expression_and_no_command_is_said() {
        let engine = FeelEngine::new(FeelOptions::default());
        assert!(answer(&engine, &mut json!({}), "1 +").contains("failed to parse"));
        assert!(answer(&engine, &mut json!({}), ":quit").contains(":help"));
    }
}
