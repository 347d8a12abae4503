//! Texts inside error messages.

/// The reference cuts contexts here.
const LONGEST_TEXT: usize = 2000;

/// A text of at most 2,000 characters; a longer one says that it was cut.
pub(crate) fn cut(text: String) -> String {
    match text.char_indices().nth(LONGEST_TEXT) {
        Some((end, _)) => format!("{}...(truncated)", text.get(..end).unwrap_or("")),
        None => text,
    }
}
