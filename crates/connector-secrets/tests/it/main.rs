//! The resolver with its providers, as a runtime uses them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod files;
mod grammar;
#[cfg(all(feature = "aws-secrets-manager", feature = "console", feature = "vault"))]
mod remote;
mod resolving;
