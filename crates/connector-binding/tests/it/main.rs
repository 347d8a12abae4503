//! Outbound binding: durations on arbitrary text, requests from arbitrary JSON, outcomes of expressions.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod durations;
mod expressions;
mod requests;
mod shapes;
