//! The messages that the tests send, and what must come out.

use e2e_tests::Received;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A name that no other run uses.
pub(crate) fn unique(name: &str) -> String {
    format!("{name}-{}", uuid::Uuid::new_v4().simple())
}

/// The message number `seq`, with text that is not ASCII and a number that a double would change.
pub(crate) fn order(seq: usize) -> Received {
    let body = json!({"seq": seq, "orderId": format!("o-{seq}"), "text": format!("Bestellung «{seq}» – größer\n\"ok\""), "amount": 12.5});
    Received { body: body.to_string(), attributes: attributes(seq) }
}

/// The attributes of message number `seq`.
pub(crate) fn attributes(seq: usize) -> BTreeMap<String, (String, String)> {
    let tenant = ("String".to_owned(), format!("t{}", seq % 7));
    let number = ("Number".to_owned(), seq.to_string());
    [("tenant".to_owned(), tenant), ("seq".to_owned(), number)].into()
}

/// A received message's body without the fields that the process added, and those fields.
pub(crate) fn body_of(message: &Received) -> (Value, Value) {
    let mut body: Value = serde_json::from_str(&message.body).unwrap();
    let fields = body.as_object_mut().unwrap();
    let mark = fields.shift_remove("mark").or_else(|| fields.shift_remove("waited")).unwrap_or_default();
    (body, mark)
}

/// The number of a received message.
pub(crate) fn seq_of(message: &Received) -> usize {
    let seq = body_of(message).0["seq"].as_u64().unwrap();
    usize::try_from(seq).unwrap()
}

/// Checks body and attributes of one message that came out against the one that went in.
pub(crate) fn assert_relayed(message: &Received) {
    let seq = seq_of(message);
    let (body, _) = body_of(message);
    assert_eq!(body, serde_json::from_str::<Value>(&order(seq).body).unwrap());
    assert_eq!(message.attributes, attributes(seq));
}
