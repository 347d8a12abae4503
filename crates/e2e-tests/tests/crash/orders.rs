//! The messages that the tests send, and the size of the tests.

use e2e_tests::{Queue, Received};
use serde_json::json;
use std::collections::BTreeMap;

/// A number of the environment, for the full size of a test.
pub(crate) fn size(name: &str, small: usize) -> usize {
    std::env::var(name).map_or(small, |text| text.parse().unwrap_or_else(|_| panic!("{name} is no number")))
}

/// Sends the messages with these numbers, several requests at a time.
pub(crate) async fn fill(queue: &Queue, numbers: std::ops::Range<usize>) {
    let messages: Vec<_> = numbers.map(message).collect();
    let sends = messages.chunks(messages.len().div_ceil(8).max(1)).map(|part| queue.send(part));
    futures::future::try_join_all(sends).await.unwrap();
}

fn message(seq: usize) -> Received {
    let body = json!({"seq": seq, "key": format!("k-{seq}")}).to_string();
    Received { body, attributes: BTreeMap::new() }
}

/// How often each number occurs.
pub(crate) fn tally(numbers: impl IntoIterator<Item = usize>) -> BTreeMap<usize, usize> {
    let mut tally = BTreeMap::new();
    for number in numbers {
        *tally.entry(number).or_default() += 1;
    }
    tally
}

/// How many are there more than once, and how often beyond the first time.
pub(crate) fn doubled(tally: &BTreeMap<usize, usize>) -> usize {
    tally.values().map(|count| count - 1).sum()
}
