//! What a server is started with.

use std::net::{Ipv4Addr, SocketAddr};

use secrecy::SecretString;
use uuid::Uuid;

/// An access key that the server accepts.
#[derive(Clone, Debug)]
pub struct AccessKey {
    /// The access key id, as it stands in the `Credential` part of the Authorization header.
    pub id: String,
    /// The secret that requests are signed with.
    pub secret: SecretString,
    /// The session token that requests must carry; none means that none is asked for.
    pub session_token: Option<SecretString>,
}

impl AccessKey {
    /// A long-lived key: no session token.
    pub fn new(id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self { id: id.into(), secret: SecretString::from(secret.into()), session_token: None }
    }
}

/// Where message ids and request ids come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum IdScheme {
    /// Random version 4 UUIDs, as AWS gives them.
    #[default]
    Random,
    /// Version 5 UUIDs of this namespace: the request id of `request QUEUE`, the message id of `message QUEUE N`
    /// (N counts from 1), so that two runs of a recorded test give the same text.
    Derived(Uuid),
}

/// Whether messages are checked as AWS checks them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Validation {
    /// Everything that AWS refuses is refused.
    #[default]
    Strict,
    /// Messages are taken as they come, for tests that record what a client sends.
    Off,
}

/// What [`SqsServer::start`](super::SqsServer::start) needs to know.
#[derive(Clone, Debug)]
pub struct SqsServerOptions {
    /// Where to listen; port 0 takes a free one. Default 127.0.0.1:0.
    pub address: SocketAddr,
    /// The region in ARNs. Requests signed for another region are accepted, and recorded with theirs.
    pub region: String,
    /// The twelve digits in queue URLs and ARNs.
    pub account_id: String,
    /// Accepted keys. Empty: nothing is verified, any key and none is accepted.
    pub credentials: Vec<AccessKey>,
    /// Whether a request for an unknown queue makes it; names that end in `.fifo` become FIFO queues.
    pub create_queues_on_demand: bool,
    /// Whether message contents are checked.
    pub validation: Validation,
    /// How ids are made.
    pub ids: IdScheme,
    /// How many requests the recorder keeps, oldest dropped first; 0 records nothing (for load).
    pub recorded_requests: usize,
    /// Messages in flight per queue before receives are refused with `OverLimit`. AWS: 120,000.
    pub in_flight_limit: usize,
    /// Whether the sixty seconds between two purges, and between a deletion and a new creation, are enforced.
    pub enforce_cooldowns: bool,
}

impl Default for SqsServerOptions {
    fn default() -> Self {
        Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            region: "us-east-1".into(),
            account_id: "000000000000".into(),
            credentials: Vec::new(),
            create_queues_on_demand: false,
            validation: Validation::Strict,
            ids: IdScheme::Random,
            recorded_requests: 10_000,
            in_flight_limit: 120_000,
            enforce_cooldowns: false,
        }
    }
}
