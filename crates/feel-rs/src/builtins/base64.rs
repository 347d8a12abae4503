//! Base64 as Java's basic encoder and decoder do it: padding is written, and may be missing when read.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The text of some bytes, padded with `=`.
pub(super) fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let mut group = chunk.iter().fold(0_u32, |group, byte| group << 8 | u32::from(*byte));
        group <<= 8 * (3 - chunk.len());
        for position in 0..4 {
            let shift = 18 - 6 * position;
            let index = usize::try_from(group >> shift & 63).unwrap_or_default();
            let digit = ALPHABET.get(index).copied().unwrap_or(b'=');
            text.push(char::from(if position > chunk.len() { b'=' } else { digit }));
        }
    }
    text
}

/// The bytes of a text; `None` where it is not Base64.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=');
    let padding = text.len() - digits.len();
    let whole = match digits.len() % 4 {
        0 => padding == 0,
        2 => padding == 0 || padding == 2,
        3 => padding <= 1,
        _ => false,
    };
    if !whole {
        return None;
    }
    let mut bytes = Vec::with_capacity(digits.len() / 4 * 3 + 2);
    for chunk in digits.as_bytes().chunks(4) {
        let mut group = 0_u32;
        for digit in chunk {
            let value = ALPHABET.iter().position(|known| known == digit)?;
            group = group << 6 | u32::try_from(value).ok()?;
        }
        group <<= 6 * (4 - chunk.len());
        let [_, first, second, third] = group.to_be_bytes();
        bytes.extend([first, second, third].into_iter().take(chunk.len() - 1));
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_with_and_without_padding() {
        assert_eq!(decode("SGVsbG8="), Some(b"Hello".to_vec()));
        assert_eq!(decode("SGVsbG8"), Some(b"Hello".to_vec()));
        assert_eq!(decode(""), Some(vec![]));
        for wrong in ["YQ=", "YQ===", "Y", "!!!", "YQ==a", "="] {
            assert_eq!(decode(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn reads_back_what_it_writes() {
        for length in 0..20_u8 {
            let bytes: Vec<u8> = (0..length).map(|byte| byte.wrapping_mul(37)).collect();
            assert_eq!(decode(&encode(&bytes)), Some(bytes));
        }
        assert_eq!(encode("äöü".as_bytes()), "w6TDtsO8");
    }
}
