//! Job or message ↔ typed input: variables, secrets, validation, result and error expressions, error texts.

pub mod inbound;
