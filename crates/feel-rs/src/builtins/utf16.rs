//! Strings as Java counts them, in UTF-16 units.

/// The number of units.
pub(super) fn length(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.encode_utf16().count() }
}

/// The part from one unit to before another; a half of a pair that is cut apart becomes `?`, as it does when it is
/// written out. `None` where the positions are outside the text or in the wrong order.
pub(super) fn slice(text: &str, start: usize, end: usize) -> Option<String> {
    if text.is_ascii() {
        return text.get(start..end).map(str::to_owned);
    }
    let units: Vec<u16> = text.encode_utf16().collect();
    let part = units.get(start..end)?;
    Some(char::decode_utf16(part.iter().copied()).map(|char| char.unwrap_or('?')).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_a_character_beyond_the_basic_plane_twice() {
        assert_eq!(length("a😀b"), 4);
        assert_eq!(slice("a😀b", 0, 2).as_deref(), Some("a?"));
        assert_eq!(slice("a😀b", 1, 3).as_deref(), Some("😀"));
        assert_eq!(slice("a😀b", 3, 5), None);
    }
}
