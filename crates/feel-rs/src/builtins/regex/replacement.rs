//! The replacement of a match: `$1`, `${name}`, and a backslash before what stands for itself.

use fancy_regex::Captures;

/// The text that replaces a match of a pattern with `groups` groups, the whole match counted; `None` where the
/// replacement is wrong. Without captures every group is empty.
pub(super) fn expand(
    replacement: &str,
    captures: Option<&Captures<'_, str>>,
    groups: usize,
    names: &[String],
) -> Option<String> {
    let mut expanded = String::new();
    let mut rest = replacement.chars();
    while let Some(char) = rest.next() {
        match char {
            '\\' => expanded.push(rest.next()?),
            '$' => {
                if let Some(after) = rest.as_str().strip_prefix('{') {
                    let (name, after) = after.split_once('}')?;
                    if !names.iter().any(|known| known == name) {
                        return None;
                    }
                    expanded.push_str(
                        captures.and_then(|found| found.name(name)).map_or("", |group| group.as_str()),
                    );
                    rest = after.chars();
                } else {
                    let number = group_number(&mut rest, groups)?;
                    expanded.push_str(
                        captures.and_then(|found| found.get(number)).map_or("", |group| group.as_str()),
                    );
                }
            }
            other => expanded.push(other),
        }
    }
    Some(expanded)
}

/// As many digits as name a group.
fn group_number(rest: &mut std::str::Chars<'_>, groups: usize) -> Option<usize> {
    let digit = |chars: &std::str::Chars<'_>| {
        chars.clone().next().and_then(|char| char.to_digit(10)).and_then(|digit| usize::try_from(digit).ok())
    };
    let mut number = digit(rest).filter(|number| *number < groups)?;
    rest.next();
    while let Some(next) = digit(rest) {
        let longer = number * 10 + next;
        if longer >= groups {
            break;
        }
        rest.next();
        number = longer;
    }
    Some(number)
}
