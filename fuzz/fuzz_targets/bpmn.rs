//! Any text is a process model or an error.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = connector_bpmn::inspect(text);
});
