//! An SQS message ↔ typed input of the inbound connector.
