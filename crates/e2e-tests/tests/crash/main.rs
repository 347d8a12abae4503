//! The binary is killed in the middle of its work, and nothing is lost.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod kill_points;
mod orders;
mod outages;
mod random;
