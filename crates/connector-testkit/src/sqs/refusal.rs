//! Error answers: the type in the body, the older code in the header, the HTTP status.

/// Why a request is refused.
///
/// Source: the error shapes of the SQS API, with the codes that they had in the query protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RefusalCode {
    BatchEntryIdsNotDistinct,
    BatchRequestTooLong,
    EmptyBatchRequest,
    InvalidAttributeName,
    InvalidAttributeValue,
    InvalidBatchEntryId,
    InvalidMessageContents,
    InvalidParameterValue,
    InvalidSignature,
    MessageNotInflight,
    MissingAuthentication,
    MissingParameter,
    OverLimit,
    PurgeQueueInProgress,
    QueueDeletedRecently,
    QueueDoesNotExist,
    QueueNameExists,
    ReceiptHandleIsInvalid,
    RequestTooLarge,
    Serialization,
    TooManyEntriesInBatchRequest,
    UnknownKey,
    UnknownOperation,
}

impl RefusalCode {
    /// `__type` of the body, code of the `x-amzn-query-error` header, HTTP status.
    pub(crate) fn wire(self) -> (&'static str, &'static str, u16) {
        use RefusalCode as C;
        match self {
            C::BatchEntryIdsNotDistinct => (
                "com.amazonaws.sqs#BatchEntryIdsNotDistinct",
                "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
                400,
            ),
            C::BatchRequestTooLong => {
                ("com.amazonaws.sqs#BatchRequestTooLong", "AWS.SimpleQueueService.BatchRequestTooLong", 400)
            }
            C::EmptyBatchRequest => {
                ("com.amazonaws.sqs#EmptyBatchRequest", "AWS.SimpleQueueService.EmptyBatchRequest", 400)
            }
            C::InvalidAttributeName => {
                ("com.amazonaws.sqs#InvalidAttributeName", "InvalidAttributeName", 400)
            }
            C::InvalidAttributeValue => {
                ("com.amazonaws.sqs#InvalidAttributeValue", "InvalidAttributeValue", 400)
            }
            C::InvalidBatchEntryId => {
                ("com.amazonaws.sqs#InvalidBatchEntryId", "AWS.SimpleQueueService.InvalidBatchEntryId", 400)
            }
            C::InvalidMessageContents => {
                ("com.amazonaws.sqs#InvalidMessageContents", "InvalidMessageContents", 400)
            }
            C::InvalidParameterValue => {
                ("com.amazonaws.sqs#InvalidParameterValueException", "InvalidParameterValue", 400)
            }
            C::InvalidSignature => {
                ("com.amazon.coral.service#InvalidSignatureException", "SignatureDoesNotMatch", 403)
            }
            C::MessageNotInflight => {
                ("com.amazonaws.sqs#MessageNotInflight", "AWS.SimpleQueueService.MessageNotInflight", 400)
            }
            C::MissingAuthentication => (
                "com.amazon.coral.service#MissingAuthenticationTokenException",
                "MissingAuthenticationToken",
                403,
            ),
            C::MissingParameter => {
                ("com.amazonaws.sqs#MissingRequiredParameterException", "MissingParameter", 400)
            }
            C::OverLimit => ("com.amazonaws.sqs#OverLimit", "OverLimit", 400),
            C::PurgeQueueInProgress => {
                ("com.amazonaws.sqs#PurgeQueueInProgress", "AWS.SimpleQueueService.PurgeQueueInProgress", 400)
            }
            C::QueueDeletedRecently => {
                ("com.amazonaws.sqs#QueueDeletedRecently", "AWS.SimpleQueueService.QueueDeletedRecently", 400)
            }
            C::QueueDoesNotExist => {
                ("com.amazonaws.sqs#QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue", 400)
            }
            C::QueueNameExists => ("com.amazonaws.sqs#QueueNameExists", "QueueAlreadyExists", 400),
            C::ReceiptHandleIsInvalid => {
                ("com.amazonaws.sqs#ReceiptHandleIsInvalid", "ReceiptHandleIsInvalid", 400)
            }
            C::RequestTooLarge => {
                ("com.amazon.coral.service#RequestEntityTooLargeException", "RequestEntityTooLarge", 413)
            }
            C::Serialization => ("com.amazon.coral.service#SerializationException", "MalformedInput", 400),
            C::TooManyEntriesInBatchRequest => (
                "com.amazonaws.sqs#TooManyEntriesInBatchRequest",
                "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
                400,
            ),
            C::UnknownKey => {
                ("com.amazon.coral.service#UnrecognizedClientException", "InvalidClientTokenId", 403)
            }
            C::UnknownOperation => {
                ("com.amazon.coral.service#UnknownOperationException", "InvalidAction", 400)
            }
        }
    }
}

/// An error answer: to a request, or to one entry of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: RefusalCode,
    pub(crate) message: String,
}

impl Refusal {
    pub(crate) fn new(code: RefusalCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// `Value … for parameter … is invalid. Reason: …`, the form that SQS gives to most refusals of a value.
    pub(crate) fn value(parameter: &str, value: impl std::fmt::Display, reason: &str) -> Self {
        Self::new(
            RefusalCode::InvalidParameterValue,
            format!("Value {value} for parameter {parameter} is invalid. Reason: {reason}"),
        )
    }

    pub(crate) fn missing(parameter: &str) -> Self {
        Self::new(
            RefusalCode::MissingParameter,
            format!("The request must contain the parameter {parameter}."),
        )
    }

    pub(crate) fn no_queue() -> Self {
        Self::new(RefusalCode::QueueDoesNotExist, "The specified queue does not exist.")
    }
}
