//! An Amazon SQS sender that batches by itself and a consumer that loses nothing.
//!
//! [`ClientPool`] keeps one SQS client for each [`Connection`]. Its [`Sender`] sends messages, together when they come
//! together. A [`Receiver`] hands out [`Delivery`] after [`Delivery`]: it keeps them hidden while they are worked on,
//! deletes those that are acked and gives back the others. Nothing here knows what the messages are for.
//!
//! ```
//! use sqs_transport::{ClientPool, Connection, Credentials, OutgoingMessage, PoolOptions};
//!
//! let connection = Connection {
//!     credentials: Credentials::DefaultChain,
//!     region: "eu-central-1".to_owned(),
//!     endpoint: None,
//! };
//! let message = OutgoingMessage::new("https://sqs.eu-central-1.amazonaws.com/1/orders", r#"{"id":1}"#);
//! assert_eq!(message.size(), 8);
//! let pool = ClientPool::new(PoolOptions::default());
//! assert!(pool.is_empty(), "nothing is connected before it is used");
//! # let _ = (connection, pool.sender());
//! ```
//!
//! Invariant: a message is deleted only after its delivery was acked, and never with a handle that SQS gave up.
//! Invariant: a permit is held before a message is asked for, and travels in its delivery.
//! Invariant: nothing is sent after a message's deadline.
//! Invariant: an endpoint that a connection names never leads to a link-local or metadata address.
//! Invariant: this crate does not read the environment; aws-config's providers do when the default chain is used.

mod call;
mod connection;
mod credentials;
mod digest;
mod error;
mod guard;
mod http;
mod message;
mod pool;
mod receiver;
mod region;
mod sender;

pub use connection::{Connection, Credentials};
pub use error::{
    DigestMismatch, DigestPart, DispatchError, DispatchFailure, SendError, ServiceError, TransportError,
};
pub use http::{Certificates, Proxy};
pub use message::{
    AttributePayload, AttributeValue, Message, MessageAttribute, OutgoingMessage, SentMessage,
};
pub use pool::{AssumeRole, ClientPool, PoolOptions};
pub use receiver::{
    Delivery, DrainReport, NackPolicy, PauseHandle, QueueFacts, Receiver, ReceiverCounters, ReceiverOptions,
    VisibilityTimeout, WaitTime,
};
pub use sender::{Queued, Sender, SenderCounters, SenderOptions};

/// The examples of the README compile.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
