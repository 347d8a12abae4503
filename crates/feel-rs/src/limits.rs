//! How much an expression may ask for.

/// Bounds that keep one expression from stopping the process.
///
/// They count, they do not measure time, so the same expression on the same input always meets the same end.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The longest text of an expression, in bytes.
    pub max_length: usize,
    /// How deep the parts of an expression may be nested; a pair of parentheses takes two levels, an `if` around it one more.
    pub max_nesting: usize,
    /// How deep an evaluation may go, through functions too, and how deep values may be nested.
    pub max_depth: usize,
    /// The largest value: one unit for each of its parts and for each 16 bytes of text, as if nothing were shared.
    pub max_size: usize,
    /// How much work one evaluation may do: about one unit for each construct evaluated and each list item made.
    pub max_work: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_length: 256 * 1024,
            max_nesting: 256,
            max_depth: 512,
            max_size: 1_000_000,
            max_work: 1_000_000,
        }
    }
}
