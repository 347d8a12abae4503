//! Keys as the first partition of a Zeebe cluster makes them.

/// The bits below the partition's number.
const KEY_BITS: u32 = 51;

/// Makes keys: 2251799813685249, 2251799813685250, ...
#[derive(Default)]
pub(crate) struct Keys {
    last: i64,
}

impl Keys {
    /// The next key.
    pub(crate) fn next(&mut self) -> i64 {
        self.last += 1;
        (1 << KEY_BITS) + self.last
    }
}

/// The partition that made a key; ours is 1.
pub(crate) fn partition(key: i64) -> i64 {
    key >> KEY_BITS
}
