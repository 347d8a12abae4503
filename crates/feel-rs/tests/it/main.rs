//! Tests on the public surface: the recorded corpus, hostile input, limits, unary tests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod corpus;
mod found;
mod hostile;
mod unary;
