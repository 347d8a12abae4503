//! What a server must do to pass for Amazon SQS, as a list of checks over any endpoint.
