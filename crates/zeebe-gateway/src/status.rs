//! From gRPC statuses to the engine's errors.

use crate::certificates::advice;
use connector_core::{EngineError, EngineErrorCode};
use std::error::Error;
use tonic::{Code, ConnectError, Status, TimeoutExpired};

/// How tonic begins when an answer is HTTP without gRPC: without a page, and with one.
const NO_GRPC: [&str; 2] =
    ["grpc-status header missing", "protocol error: received message with invalid compression flag"];

/// Why a call failed, and whether the gateway can have seen it.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) error: EngineError,
    /// False when the request certainly never left this process.
    pub(crate) sent: bool,
    /// True when nothing came before the deadline of the call.
    pub(crate) unanswered: bool,
}

impl Refusal {
    pub(crate) fn unsent(code: EngineErrorCode, message: impl Into<String>) -> Self {
        Self { error: EngineError::new(code, message), sent: false, unanswered: false }
    }

    /// An error that came before anything was sent.
    pub(crate) fn before(error: EngineError) -> Self {
        Self { error, sent: false, unanswered: false }
    }

    pub(crate) fn timed_out() -> Self {
        let message = "no answer from the gateway before the deadline of the call";
        let error = EngineError::new(EngineErrorCode::DeadlineExceeded, message);
        Self { error, sent: true, unanswered: true }
    }
}

impl From<Status> for Refusal {
    fn from(status: Status) -> Self {
        let sent = !has_cause::<ConnectError>(&status);
        if has_cause::<TimeoutExpired>(&status) {
            return Self::timed_out();
        }
        if let Some(code) = without_grpc(&status) {
            let message =
                format!("{}: something answered that is no gateway; check the address", status.message());
            return Self { error: EngineError::new(code, message), sent, unanswered: false };
        }
        let code = match status.code() {
            // A status with a cause was made here: the connection broke, whatever tonic calls it.
            Code::Unknown | Code::Internal | Code::Cancelled if status.source().is_some() => {
                EngineErrorCode::Unavailable
            }
            code => error_code(code),
        };
        Self { error: EngineError::new(code, message(&status)), sent, unanswered: false }
    }
}

/// A proxy's page says nothing about the engine, so what tonic makes of a 404 would end a command for nothing.
fn without_grpc(status: &Status) -> Option<EngineErrorCode> {
    let text = status.message();
    if !NO_GRPC.iter().any(|beginning| text.starts_with(beginning)) {
        return None;
    }
    Some(match (status.code(), text) {
        (Code::Unauthenticated, _) => EngineErrorCode::Unauthenticated,
        (Code::PermissionDenied, _) => EngineErrorCode::PermissionDenied,
        (_, text) if text.contains("status: 401") => EngineErrorCode::Unauthenticated,
        (_, text) if text.contains("status: 403") => EngineErrorCode::PermissionDenied,
        _ => EngineErrorCode::Unavailable,
    })
}

fn has_cause<E: Error + 'static>(status: &Status) -> bool {
    let mut cause = status.source();
    while let Some(error) = cause {
        if error.is::<E>() {
            return true;
        }
        cause = error.source();
    }
    false
}

/// The gateway's own words; for errors of the connection also the innermost cause, which names the reason, and what to do.
fn message(status: &Status) -> String {
    let mut text = status.message().to_owned();
    let mut cause = status.source();
    let mut innermost = None;
    while let Some(error) = cause {
        innermost = Some(error.to_string());
        cause = error.source();
    }
    if let Some(innermost) = innermost.filter(|innermost| !text.contains(innermost.as_str())) {
        if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&innermost);
    }
    if let Some(advice) = status.source().and_then(|cause| advice(cause)) {
        text.push_str("; ");
        text.push_str(advice);
    }
    text
}

fn error_code(code: Code) -> EngineErrorCode {
    match code {
        Code::Cancelled => EngineErrorCode::Cancelled,
        Code::InvalidArgument => EngineErrorCode::InvalidArgument,
        Code::DeadlineExceeded => EngineErrorCode::DeadlineExceeded,
        Code::NotFound => EngineErrorCode::NotFound,
        Code::AlreadyExists => EngineErrorCode::AlreadyExists,
        Code::PermissionDenied => EngineErrorCode::PermissionDenied,
        Code::ResourceExhausted => EngineErrorCode::ResourceExhausted,
        Code::FailedPrecondition => EngineErrorCode::FailedPrecondition,
        Code::Aborted => EngineErrorCode::Aborted,
        Code::OutOfRange => EngineErrorCode::OutOfRange,
        Code::Unimplemented => EngineErrorCode::Unimplemented,
        Code::Internal => EngineErrorCode::Internal,
        Code::Unavailable => EngineErrorCode::Unavailable,
        Code::DataLoss => EngineErrorCode::DataLoss,
        Code::Unauthenticated => EngineErrorCode::Unauthenticated,
        Code::Ok | Code::Unknown => EngineErrorCode::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_code_and_the_words_of_the_gateway() {
        let refusal = Refusal::from(Status::not_found("no such job"));
        assert_eq!(refusal.error, EngineError::new(EngineErrorCode::NotFound, "no such job"));
        assert!(refusal.sent);
    }

    #[test]
    fn a_connection_that_broke_is_unavailable() {
        let status = Status::from_error(Box::new(std::io::Error::other("broken pipe")));
        let refusal = Refusal::from(status);
        assert_eq!(refusal.error, EngineError::new(EngineErrorCode::Unavailable, "broken pipe"));
        assert!(refusal.sent);
    }

    #[test]
    fn knows_that_a_failed_connection_sent_nothing() {
        let status = Status::from_error(Box::new(ConnectError("connection refused".into())));
        let refusal = Refusal::from(status);
        assert_eq!(refusal.error.code, EngineErrorCode::Unavailable);
        assert!(!refusal.sent);
    }
}
