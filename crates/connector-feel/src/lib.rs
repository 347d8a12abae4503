//! FEEL as the Camunda connectors run it.
//!
//! [`FeelEngine`] takes expressions as models write them (with or without a leading `=`), merges the contexts that the
//! connector runtime merges, knows the connectors' functions (`bpmnError`, `jobError`, `ignoreError`, `backoff`,
//! `createDocument`) and answers in JSON, or with an error whose text runbooks know.
//!
//! ```
//! use connector_feel::{FeelEngine, FeelOptions};
//! use serde_json::json;
//!
//! let feel = FeelEngine::new(FeelOptions::default());
//! let message = json!({"body": {"type": "order", "amount": 120}});
//! assert!(feel.evaluate_condition("= body.type = \"order\" and body.amount > 100", &[&message]).unwrap());
//! assert_eq!(feel.evaluate_to_string("=body.amount", &[&message]).unwrap().as_deref(), Some("120"));
//! assert!(feel.compile("= 1 +").is_err());
//! ```
//!
//! Invariant: no input or output but in [`jsonl::run`], which is handed its reader and writer.
//! Invariant: no expression can stop the process: length, depth and work are limited, the cache is bounded.
//! Invariant: an error's text may repeat the expression and its input, and nothing else.

mod backoff;
mod cache;
mod engine;
mod error;
mod functions;
pub mod jsonl;
mod text;

pub use engine::{Expression, FeelEngine, FeelOptions, LongWork};
pub use error::{FeelError, FeelPhase};
pub use feel_rs::{Clock, FixedClock, Limits, SystemClock};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeExamples;
