//! The functions that generated expressions call, read from `functions.txt`.

use super::kind::Kind;
use anyhow::{Context, Result};

const TABLE: &str = include_str!("functions.txt");

/// One form of a function.
#[derive(Debug)]
pub(super) struct Function {
    /// Its name.
    pub(super) name: &'static str,
    /// Its parameters in order.
    pub(super) parameters: Vec<Parameter>,
    /// What it answers with.
    pub(super) result: Kind,
}

/// A parameter of a function.
#[derive(Debug)]
pub(super) struct Parameter {
    /// Its name.
    pub(super) name: &'static str,
    /// What it wants.
    pub(super) kind: Kind,
    /// Whether it may be given several times.
    pub(super) repeats: bool,
}

/// The whole table.
pub(super) fn table() -> Result<Vec<Function>> {
    TABLE
        .lines()
        .filter(|line| !line.starts_with('#') && !line.trim().is_empty())
        .map(|line| function(line).with_context(|| format!("functions.txt: cannot read `{line}`")))
        .collect()
}

fn function(line: &'static str) -> Option<Function> {
    let mut fields = line.split('|').map(str::trim);
    let (name, parameters, result) = (fields.next()?, fields.next()?, fields.next()?);
    let parameters =
        parameters.split(',').filter(|text| !text.is_empty()).map(parameter).collect::<Option<_>>()?;
    Some(Function { name, parameters, result: Kind::of(result)? })
}

fn parameter(text: &'static str) -> Option<Parameter> {
    let (name, kind) = text.trim().split_once(':')?;
    let repeats = name.ends_with('*');
    Some(Parameter { name: name.trim_end_matches('*'), kind: Kind::of(kind)?, repeats })
}
