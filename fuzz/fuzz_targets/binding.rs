//! Any text is a job's variables or an error, and any variables are a request or an error.
#![no_main]

use connector_binding::{OutboundRequest, read_variables, write_json};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(variables) = read_variables(text) {
        let _ = write_json(&variables);
        let _ = OutboundRequest::bind(variables);
    }
});
