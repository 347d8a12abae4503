//! The little YAML of the credentials cache: nested mappings of scalars, one key a line.

/// Every scalar with the keys that lead to it; `None` for anything beyond nested mappings.
pub(crate) fn leaves(text: &str) -> Option<Vec<(Vec<String>, String)>> {
    let mut leaves = Vec::new();
    let mut open: Vec<(usize, String)> = Vec::new();
    for line in text.lines() {
        let content = line.trim_start_matches(' ');
        if content.trim().is_empty() || content.starts_with('#') || line.trim_end() == "---" {
            continue;
        }
        let indent = line.len() - content.len();
        while open.last().is_some_and(|(outer, _)| *outer >= indent) {
            open.pop();
        }
        let (key, rest) = key(content)?;
        open.push((indent, key));
        if let Some(value) = value(rest.trim())? {
            leaves.push((open.iter().map(|(_, key)| key.clone()).collect(), value));
        }
    }
    Some(leaves)
}

/// A scalar in double quotes; what JSON escapes, YAML reads.
pub(crate) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The key of a line, and what follows its colon.
fn key(content: &str) -> Option<(String, &str)> {
    if content.starts_with(['"', '\'']) {
        let (key, rest) = in_quotes(content)?;
        return Some((key, rest.trim_start().strip_prefix(':')?));
    }
    if content.starts_with(['-', '[', '{', '&', '*', '!', '|', '>', '<', '%', '?']) {
        return None;
    }
    match content.split_once(": ") {
        Some((key, rest)) => Some((key.trim().to_owned(), rest)),
        None => Some((content.trim_end().strip_suffix(':')?.to_owned(), "")),
    }
}

/// The scalar after a colon: `Some(None)` when there is none, `None` when it is no simple scalar.
fn value(text: &str) -> Option<Option<String>> {
    if text.is_empty() || text.starts_with('#') {
        return Some(None);
    }
    if text.starts_with(['"', '\'']) {
        let (value, rest) = in_quotes(text)?;
        return rest.trim().is_empty().then_some(Some(value));
    }
    let simple = !text.starts_with(['[', '{', '&', '*', '!', '|', '>', '%', '@', '`']);
    simple.then(|| Some(text.split(" #").next().unwrap_or_default().trim().to_owned()))
}

/// The text in the quotes at the start, and what follows them.
fn in_quotes(text: &str) -> Option<(String, &str)> {
    if let Some(inner) = text.strip_prefix('\'') {
        let (value, rest) = inner.split_once('\'')?;
        return Some((value.to_owned(), rest));
    }
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<String>();
    let value = values.next()?.ok()?;
    Some((value, text.get(values.byte_offset()..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_keys_and_scalars_of_every_style() {
        let text = "# top\n---\na b:\n  c: plain # note\n  'd': 'single'\n\"e\":\n  f: \"x\\ty: z\"\ng: 1\n";
        let found = leaves(text).unwrap();
        let found: Vec<_> = found.iter().map(|(place, value)| (place.join("/"), value.as_str())).collect();
        let expected = [("a b/c", "plain"), ("a b/d", "single"), ("e/f", "x\ty: z"), ("g", "1")];
        assert_eq!(found, expected.map(|(place, value)| (place.to_owned(), value)));
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        for text in ["- a", "a: [1]", "a: |\n  b", "a: \"open", "plain", "{a: 1}", "<html>"] {
            assert_eq!(leaves(text), None, "{text}");
        }
    }

    #[test]
    fn what_it_quotes_it_reads() {
        let odd = "a\"b\\c\n: 'ä' # no";
        let text = format!("{}: {}\n", quoted(odd), quoted(odd));
        assert_eq!(leaves(&text), Some(vec![(vec![odd.to_owned()], odd.to_owned())]));
    }
}
