//! Errors of SQS and of the way to it, as the AWS SDK for Java writes them.
//!
//! Models match on `error.type` and on the text; `error.code` is ours, with the AWS error code.

use connector_binding::Failure;
use sqs_transport::{DispatchError, DispatchFailure, ServiceError, TransportError};
use std::net::IpAddr;

const MODEL: &str = "software.amazon.awssdk.services.sqs.model";
const CLIENT_EXCEPTION: &str = "software.amazon.awssdk.core.exception.SdkClientException";

/// The codes for which the Java SDK has a class of its own.
///
/// Source: the errors of the SQS service model.
const MODELLED: [&str; 27] = [
    "BatchEntryIdsNotDistinct",
    "BatchRequestTooLong",
    "EmptyBatchRequest",
    "InvalidAddress",
    "InvalidAttributeName",
    "InvalidAttributeValue",
    "InvalidBatchEntryId",
    "InvalidIdFormat",
    "InvalidMessageContents",
    "InvalidSecurity",
    "KmsAccessDenied",
    "KmsDisabled",
    "KmsInvalidKeyUsage",
    "KmsInvalidState",
    "KmsNotFound",
    "KmsOptInRequired",
    "KmsThrottled",
    "MessageNotInflight",
    "OverLimit",
    "PurgeQueueInProgress",
    "QueueDeletedRecently",
    "QueueDoesNotExist",
    "QueueNameExists",
    "ReceiptHandleIsInvalid",
    "RequestThrottled",
    "TooManyEntriesInBatchRequest",
    "UnsupportedOperation",
];

/// The failure that a refused or lost request is to a job.
pub(crate) fn failure(error: &TransportError) -> Failure {
    match error {
        TransportError::Service(error) => service(error),
        TransportError::Dispatch(error) => client(dispatch_text(error)),
        TransportError::UnreadableAnswer { http_status, text, attempts, .. } => client(format!(
            "Unable to unmarshall response ({text}). Response Code: {http_status} (SDK Attempt Count: {attempts})"
        )),
        TransportError::Credentials { text } => {
            client(format!("Unable to load credentials from any of the providers in the chain: {text}"))
        }
        TransportError::Digest(mismatch) => client(format!(
            "MD5 returned by SQS does not match the calculation on the original request. (MD5 calculated by the {}: \"{}\", \
             MD5 checksum returned: \"{}\")",
            mismatch.part.as_str(),
            mismatch.calculated,
            mismatch.returned.as_deref().unwrap_or("null")
        )),
        other => client(other.to_string()),
    }
}

fn client(message: String) -> Failure {
    Failure::new(CLIENT_EXCEPTION, message)
}

fn service(error: &ServiceError) -> Failure {
    let code = error.code.as_deref();
    let class = code.filter(|code| MODELLED.contains(code)).map_or("Sqs".to_owned(), str::to_owned);
    let said = error.message.clone().unwrap_or_else(|| match code {
        Some(code) => format!("Service returned error code {code}"),
        None => format!("Service returned HTTP status code {}", error.http_status),
    });
    let message = format!(
        "{said} (Service: Sqs, Status Code: {}, Request ID: {}) (SDK Attempt Count: {})",
        error.http_status,
        error.request_id.as_deref().unwrap_or("null"),
        error.attempts
    );
    let failure = Failure::new(format!("{MODEL}.{class}Exception"), message);
    match code {
        Some(code) => failure.with_code(code),
        None => failure,
    }
}

fn dispatch_text(error: &DispatchError) -> String {
    let cause = match error.failure {
        DispatchFailure::UnknownHost => {
            return "Received an UnknownHostException when attempting to interact with a service. See cause for the exact endpoint that is \
                    failing to resolve. If this is happening on an endpoint that previously worked, there may be a network connectivity \
                    issue or your DNS cache could be storing endpoints for too long."
                .to_owned();
        }
        DispatchFailure::Refused => {
            format!("Connect to {} [{}] failed: Connection refused", error.host, address(&error.host))
        }
        DispatchFailure::Reset => "Connection reset".to_owned(),
        DispatchFailure::Closed => "The target server failed to respond".to_owned(),
        DispatchFailure::Timeout => "Read timed out".to_owned(),
        _ => error.text.clone(),
    };
    format!("Unable to execute HTTP request: {cause} (SDK Attempt Count: {})", error.attempts)
}

/// How Java shows an address: `/127.0.0.1`, or the name.
fn address(host: &str) -> String {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    match name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
        Ok(address) => format!("/{address}"),
        Err(_) => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(code: Option<&str>, message: Option<&str>, http_status: u16) -> Failure {
        failure(&TransportError::Service(ServiceError {
            code: code.map(str::to_owned),
            query_code: None,
            message: message.map(str::to_owned),
            request_id: Some("r-1".to_owned()),
            http_status,
            attempts: 4,
        }))
    }

    #[test]
    fn a_modelled_error_has_its_class_and_the_others_the_base_class() {
        let modelled = answer(Some("QueueDoesNotExist"), Some("The specified queue does not exist."), 400);
        assert_eq!(
            modelled.error_type(),
            "software.amazon.awssdk.services.sqs.model.QueueDoesNotExistException"
        );
        assert_eq!(modelled.code(), Some("QueueDoesNotExist"));
        assert_eq!(
            modelled.message(),
            "The specified queue does not exist. (Service: Sqs, Status Code: 400, Request ID: r-1) (SDK Attempt Count: 4)"
        );
        let other = answer(Some("AccessDenied"), Some("no"), 403);
        assert_eq!(
            (other.error_type(), other.code()),
            ("software.amazon.awssdk.services.sqs.model.SqsException", Some("AccessDenied"))
        );
    }

    #[test]
    fn an_answer_without_words_says_its_code_or_status() {
        assert!(
            answer(Some("OverLimit"), None, 400)
                .message()
                .starts_with("Service returned error code OverLimit (Service: Sqs, ")
        );
        let wordless = answer(None, None, 502);
        assert!(
            wordless
                .message()
                .starts_with("Service returned HTTP status code 502 (Service: Sqs, Status Code: 502, ")
        );
        assert_eq!(wordless.code(), None);
    }

    #[test]
    fn a_refused_connection_reads_as_in_java() {
        let refused = |host: &str| {
            failure(&TransportError::Dispatch(DispatchError {
                failure: DispatchFailure::Refused,
                host: host.to_owned(),
                text: String::new(),
                attempts: 4,
            }))
            .message()
            .to_owned()
        };
        assert_eq!(
            refused("127.0.0.1:9"),
            "Unable to execute HTTP request: Connect to 127.0.0.1:9 [/127.0.0.1] failed: Connection refused (SDK Attempt Count: 4)"
        );
        assert!(refused("h:9").contains("Connect to h:9 [h] failed"));
    }
}
