//! What a client of the REST API needs to know besides what it shares with gRPC.

/// How to reach the REST API. TLS, credentials, timeouts and the user agent are those of the gRPC client.
#[derive(Clone, Debug)]
pub struct RestOptions {
    /// The absolute URL of the cluster's REST port; `/v2` is added.
    pub address: String,
    /// How many items one page of a search may have; at least 1. Source: the Java runtime's 200.
    pub page_size: u32,
    /// How many items one search may give in all; one that goes on is broken off with an error.
    pub max_items: usize,
    /// The largest answer that is taken, in bytes.
    pub max_response_bytes: usize,
    /// How often a request is sent at most, the first time included, within the request timeout.
    pub attempts: u32,
}

impl RestOptions {
    /// The defaults, for one address.
    pub fn new(address: impl Into<String>) -> Self {
        Self {
            address: address.into(),
            page_size: 200,
            max_items: 100_000,
            max_response_bytes: 16 * 1024 * 1024,
            attempts: 4,
        }
    }
}
