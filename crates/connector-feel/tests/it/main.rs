//! Tests on the public surface: recorded answers of the connectors' functions, conversions, errors, the cache.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod engine;
mod recorded;
