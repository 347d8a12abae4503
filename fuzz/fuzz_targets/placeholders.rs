//! Placeholders lie inside the text, in order, and never overlap.
#![no_main]

use connector_secrets::{Spelling, placeholders};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for spelling in [Spelling::Braces, Spelling::BracesOrBare] {
        let mut end = 0;
        for placeholder in placeholders(text, spelling) {
            assert!(placeholder.range.start >= end, "overlap");
            assert!(text.get(placeholder.range.clone()).is_some(), "outside of the text");
            end = placeholder.range.end;
        }
    }
});
