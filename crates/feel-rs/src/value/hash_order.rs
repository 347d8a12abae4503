//! The order in which Scala's immutable maps of five and more keys are gone through.

/// Maps up to this size keep the order of insertion.
pub(super) const LARGEST_ORDERED: usize = 4;

/// Each level of the trie looks at so many bits of the hash, the lowest first.
const BITS: u32 = 5;
const BRANCHES: u32 = 1 << BITS;

/// The positions of the keys in the order of a compressed hash-array mapped prefix trie: at each node first the keys that
/// stand there alone, then its branches.
pub(super) fn positions<'k>(keys: impl Iterator<Item = &'k str>) -> Vec<usize> {
    let hashed: Vec<(u32, usize)> =
        keys.enumerate().map(|(position, key)| (improved(java_hash(key)), position)).collect();
    let mut order = Vec::with_capacity(hashed.len());
    visit(hashed, 0, &mut order);
    order
}

fn visit(keys: Vec<(u32, usize)>, shift: u32, order: &mut Vec<usize>) {
    if shift >= u32::BITS {
        order.extend(keys.into_iter().map(|(_, position)| position));
        return;
    }
    let mut sorted = keys;
    sorted.sort_by_key(|(hash, _)| (hash >> shift) % BRANCHES);
    let groups: Vec<&[(u32, usize)]> =
        sorted.chunk_by(|(x, _), (y, _)| (x >> shift) % BRANCHES == (y >> shift) % BRANCHES).collect();
    for group in &groups {
        if let [(_, position)] = group {
            order.push(*position);
        }
    }
    for group in groups {
        if group.len() > 1 {
            visit(group.to_vec(), shift + BITS, order);
        }
    }
}

/// Java's `String.hashCode`.
fn java_hash(text: &str) -> u32 {
    text.encode_utf16().fold(0, |hash: u32, unit| hash.wrapping_mul(31).wrapping_add(u32::from(unit)))
}

/// Scala's mixing of a hash.
fn improved(hash: u32) -> u32 {
    let mut hash = hash.wrapping_add(!(hash << 9));
    hash ^= hash >> 14;
    hash = hash.wrapping_add(hash << 4);
    hash ^ (hash >> 10)
}

#[cfg(test)]
mod tests {
    use super::positions;

    #[test]
    fn goes_through_keys_as_scala_does() {
        let keys = ["k1", "k2", "zeta", "alpha", "beta", "gamma", "x"];
        let order: Vec<&str> =
            positions(keys.into_iter()).into_iter().map(|position| keys[position]).collect();
        assert_eq!(order, ["alpha", "x", "k2", "zeta", "beta", "k1", "gamma"]);
    }
}
