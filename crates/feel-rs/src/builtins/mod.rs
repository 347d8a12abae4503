//! FEEL's built-in functions.

use crate::Registry;

/// Adds every built-in function.
pub(crate) fn register(_registry: &mut Registry) {}
