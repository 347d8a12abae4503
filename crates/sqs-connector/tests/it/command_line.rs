//! The small commands.

use crate::world::BINARY;
use std::{
    io::Write,
    process::{Command, Stdio},
};

fn run(arguments: &[&str]) -> (bool, String, String) {
    let output = Command::new(BINARY).args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.success(), text(output.stdout), text(output.stderr))
}

#[test]
fn settings_lists_our_names_and_the_java_names() {
    let (success, text, _) = run(&["settings"]);
    assert!(success);
    for name in ["SQS_CONNECTOR_AWS_ALLOWED_ENDPOINTS", "CAMUNDA_CLIENT_GRPCADDRESS", "ZEEBE_ADDRESS"] {
        assert!(text.contains(name), "no {name}");
    }
}

#[test]
fn feel_eval_prints_json_and_names_what_it_cannot_parse() {
    assert_eq!(run(&["feel", "eval", "= {a: 1 + 2}"]).1, "{\n  \"a\": 3\n}\n");
    let (success, _, complaint) = run(&["feel", "eval", "1 +"]);
    assert!(!success);
    assert!(complaint.contains("failed to parse expression"), "{complaint}");
}

#[test]
fn feel_eval_answers_json_lines() {
    let mut child = Command::new(BINARY)
        .args(["feel", "eval", "--jsonl"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(b"{\"id\":\"x\",\"expr\":\"a+1\",\"context\":{\"a\":2}}\n")
        .unwrap();
    let output = child.wait_with_output().unwrap();
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["id"], "x");
    assert_eq!(answer["value"].to_string(), "3");
}

#[test]
fn a_missing_configuration_file_is_named() {
    let (success, _, complaint) = run(&["run", "--config", "nowhere.toml"]);
    assert!(!success);
    assert!(complaint.contains("nowhere.toml"), "{complaint}");
}
