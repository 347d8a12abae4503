//! Any text is an expression, a unary test, or an error.
#![no_main]

use feel_rs::Engine;
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static ENGINE: LazyLock<Engine> = LazyLock::new(Engine::default);

fuzz_target!(|text: &str| {
    let _ = ENGINE.compile(text);
    let _ = ENGINE.compile_unary_tests(text);
});
