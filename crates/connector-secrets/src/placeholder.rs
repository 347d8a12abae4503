//! The grammar of secret placeholders, and which fields accept which spelling.
//!
//! With braces: `{{secrets.NAME}}`, white space after `{{` and before `}}` allowed; the name has no white space, quotes or braces.
//! Bare: `secrets.NAME`, where the name is made of ASCII letters and digits with single `/`, `.`, `_` or `-` between them.
//! Source: the two patterns of the Java runtime, less what they take from the JSON syntax around a value.

use crate::SecretName;
use std::ops::Range;

/// What every placeholder contains, whichever its spelling.
pub(crate) const PREFIX: &str = "secrets.";

/// Which spellings of a placeholder count in a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelling {
    /// `{{secrets.NAME}}` only.
    Braces,
    /// `{{secrets.NAME}}` and `secrets.NAME`.
    BracesOrBare,
}

/// A placeholder in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placeholder {
    /// The bytes of the text that the value replaces.
    pub range: Range<usize>,
    /// The secret that is meant.
    pub name: SecretName,
}

/// The placeholders of a text from left to right; they never overlap.
pub fn placeholders(text: &str, spelling: Spelling) -> Vec<Placeholder> {
    let mut found = Vec::new();
    let mut position = 0;
    while let Some(rest) = text.get(position..) {
        let Some(placeholder) = next(rest, spelling) else { break };
        let range = position + placeholder.range.start..position + placeholder.range.end;
        position = range.end;
        found.push(Placeholder { range, name: placeholder.name });
    }
    found
}

/// True for the fields that say where and as whom to connect: everything in `authentication`, `configuration` and `awsCredential`,
/// and `queue.url`.
pub fn is_connection_field(path: &[&str]) -> bool {
    match path {
        ["authentication" | "configuration" | "awsCredential", ..] => true,
        ["queue", rest @ ..] => rest.iter().find(|step| step.parse::<usize>().is_err()) == Some(&"url"),
        _ => false,
    }
}

fn next(text: &str, spelling: Spelling) -> Option<Placeholder> {
    // Looking for one character is much quicker than for a text; what follows it is compared once it is there.
    let starts = |first: char| text.match_indices(first).map(|(start, _)| start);
    let bare = match spelling {
        Spelling::Braces => None,
        Spelling::BracesOrBare => starts('s').find_map(|start| bare_at(text, start)),
    };
    let limit = bare.as_ref().map_or(text.len(), |placeholder| placeholder.range.start);
    let braces = starts('{').take_while(|start| *start < limit).find_map(|start| braces_at(text, start));
    braces.or(bare)
}

fn braces_at(text: &str, start: usize) -> Option<Placeholder> {
    let inner = text.get(start..)?.strip_prefix("{{")?.trim_start();
    let named = inner.strip_prefix(PREFIX)?;
    let end = named.find(|c: char| c.is_whitespace() || matches!(c, '{' | '}' | '"'))?;
    let name = named.get(..end)?;
    let behind = named.get(end..)?.trim_start().strip_prefix("}}")?;
    Some(Placeholder { range: start..text.len() - behind.len(), name: SecretName::new(name)? })
}

fn bare_at(text: &str, start: usize) -> Option<Placeholder> {
    let named = text.get(start..)?.strip_prefix(PREFIX)?;
    let mut end = segment(named)?;
    while let Some(length) =
        named.get(end..).and_then(|rest| rest.strip_prefix(['/', '.', '_', '-'])).and_then(segment)
    {
        end += 1 + length;
    }
    let name = SecretName::new(named.get(..end)?)?;
    Some(Placeholder { range: start..start + PREFIX.len() + end, name })
}

fn segment(text: &str) -> Option<usize> {
    let length = text.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(text.len());
    (length > 0).then_some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str, spelling: Spelling) -> Vec<String> {
        placeholders(text, spelling)
            .iter()
            .map(|p| format!("{}={}", p.name, text.get(p.range.clone()).unwrap()))
            .collect()
    }

    #[test]
    fn reads_the_braces_spelling() {
        for (text, expected) in [
            ("{{secrets.A}}", vec!["A={{secrets.A}}"]),
            ("x{{ secrets.A/B.c-d_e }}y", vec!["A/B.c-d_e={{ secrets.A/B.c-d_e }}"]),
            ("{{{secrets.A}}}", vec!["A={{secrets.A}}"]),
            ("{{secrets.A}}{{secrets.Ä}}", vec!["A={{secrets.A}}", "Ä={{secrets.Ä}}"]),
            ("{{secrets.A\n}}", vec!["A={{secrets.A\n}}"]),
            ("{{secrets.{{secrets.A}}}}", vec!["A={{secrets.A}}"]),
            ("{{secrets. A}}", vec![]),
            ("{{secrets.A B}}", vec![]),
            ("{{secrets.}}", vec![]),
            ("{{secrets.A", vec![]),
            ("{{secrets.A\"}}", vec![]),
            ("{{secret.A}} {{other.A}} secrets.A", vec![]),
        ] {
            assert_eq!(names(text, Spelling::Braces), expected, "{text}");
        }
    }

    #[test]
    fn reads_the_bare_spelling() {
        for (text, expected) in [
            ("secrets.A", vec!["A=secrets.A"]),
            ("mysecrets.A.", vec!["A=secrets.A"]),
            ("secrets.A__B", vec!["A=secrets.A"]),
            ("secrets.A/B.c-d_e/", vec!["A/B.c-d_e=secrets.A/B.c-d_e"]),
            ("{secrets.A} secrets.B", vec!["A=secrets.A", "B=secrets.B"]),
            ("{{secrets.A}} secrets.B", vec!["A={{secrets.A}}", "B=secrets.B"]),
            ("{{secrets.SIM PLE}}", vec!["SIM=secrets.SIM"]),
            ("secrets._X secrets.-X secrets./X secrets..X secrets. X secrets.Ä secrets.", vec![]),
        ] {
            assert_eq!(names(text, Spelling::BracesOrBare), expected, "{text}");
        }
    }

    #[test]
    fn knows_the_connection_fields() {
        assert!(is_connection_field(&["authentication", "secretKey"]));
        assert!(is_connection_field(&["awsCredential", "authentication", "accessKey"]));
        assert!(is_connection_field(&["queue", "url"]));
        assert!(is_connection_field(&["queue", "0", "url"]));
        assert!(!is_connection_field(&["queue", "messageBody", "url"]));
        assert!(!is_connection_field(&["queue", "messageGroupId"]));
    }
}
