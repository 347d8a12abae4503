//! Expressions as tokens: to damage them, and to make them smaller.

use super::random::Random;

const STRAYS: &[&str] = &[
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ".",
    "..",
    ":",
    "+",
    "-",
    "*",
    "/",
    "**",
    "=",
    "!=",
    "<",
    ">=",
    "?",
    "if",
    "then",
    "else",
    "for",
    "in",
    "return",
    "and",
    "or",
    "not",
    "between",
    "instance of",
    "function",
    "some",
    "satisfies",
    "1",
    "\"a\"",
    "x",
    "null",
    "@",
    "\"",
    "`",
    "`a b`",
    " ",
    "\n",
    "//",
    "/*",
    "$",
    "_",
    "ä",
    "😀",
    "'",
    "\\",
    ";",
    "0.",
    ".5",
    "1e3",
    "item",
    "external",
];

/// Words, numbers, quoted texts and single signs; joined they are the text again.
pub(super) fn split(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => quoted(rest),
            _ if word(first) => rest.find(|next| !word(next)).unwrap_or(rest.len()),
            _ => first.len_utf8(),
        };
        let (token, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        tokens.push(token);
        rest = after;
    }
    tokens
}

fn word(char: char) -> bool {
    char.is_alphanumeric() || char == '_'
}

fn quoted(text: &str) -> usize {
    let mut escaped = false;
    for (place, char) in text.char_indices().skip(1) {
        match char {
            '"' if !escaped => return place + 1,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    text.len()
}

/// The expression with one to three tokens dropped, swapped, doubled or put in.
pub(super) fn damage(random: &mut Random, text: &str) -> String {
    let mut tokens = split(text);
    for _ in 0..=random.below(3) {
        let place = random.below(tokens.len());
        match random.below(5) {
            0 | 1 if place < tokens.len() => drop(tokens.remove(place)),
            2 if place + 1 < tokens.len() => tokens.swap(place, place + 1),
            3 if place < tokens.len() => {
                let other = random.below(tokens.len());
                tokens.swap(place, other);
            }
            _ => tokens.insert(place.min(tokens.len()), random.pick(STRAYS)),
        }
    }
    tokens.concat()
}

/// How many brackets lack their counterpart; quoted texts aside.
pub(super) fn imbalance(text: &str) -> usize {
    let (mut open, mut strays) = (Vec::new(), 0);
    for token in split(text) {
        match token {
            "(" => open.push(")"),
            "[" => open.push("]"),
            "{" => open.push("}"),
            ")" | "]" | "}" if open.pop() != Some(token) => strays += 1,
            _ => {}
        }
    }
    open.len() + strays
}

/// How deep brackets and constructs with keywords may be nested: what a failure may cost the reference's parser.
pub(super) fn nesting(text: &str) -> usize {
    let (mut depth, mut deepest, mut keywords) = (0_usize, 0, 0);
    for token in split(text) {
        match token {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            "if" | "for" | "some" | "every" | "function" => keywords += 1,
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest + keywords
}
