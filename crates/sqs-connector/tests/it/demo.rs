//! `sqs-connector demo`.

use crate::world::BINARY;
use std::process::Command;

#[test]
fn the_demo_confirms_and_archives_every_order_once_and_exits_with_0() {
    let output = Command::new(BINARY).args(["demo", "--orders", "120"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    for line in ["120 orders, 120 payments", "process instances  120", "120 confirmations", "p99"] {
        assert!(text.contains(line), "no `{line}` in\n{text}");
    }
}
