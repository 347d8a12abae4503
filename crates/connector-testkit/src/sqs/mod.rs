//! An in-process Amazon SQS.
