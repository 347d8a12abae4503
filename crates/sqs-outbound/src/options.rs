//! What an operator decides about the outbound connector.

use crate::InputMappings;
use connector_binding::{ChainPolicy, EndpointPolicy};
use connector_secrets::FilterMode;
use std::{fmt, sync::Arc};

/// The settings of the outbound connector.
#[derive(Clone, Default)]
pub struct OutboundOptions {
    /// Which endpoints a job may name (`aws.allowed-endpoints`).
    pub endpoints: EndpointPolicy,
    /// Whether a job may use the machine's own credentials (`aws.allow-default-credentials`, `aws.default-credentials-queues`).
    pub default_chain: ChainPolicy,
    /// What becomes the deduplication id of a FIFO message that has none (`outbound.fifo-deduplication`).
    pub fifo_deduplication: FifoDeduplication,
    /// How strictly secret names are held to those that a task's input mappings mention.
    pub secret_filter: FilterMode,
    /// Where those names come from; `None` = no definition can be read.
    pub input_mappings: Option<Arc<dyn InputMappings>>,
    /// Whether SQS's limits are checked before a message is sent (`outbound.check-limits`). Without it SQS itself refuses what breaks them, as with the Java
    /// connector, and the job's retries are counted down.
    pub check_limits: bool,
}

impl fmt::Debug for OutboundOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutboundOptions")
            .field("endpoints", &self.endpoints)
            .field("default_chain", &self.default_chain)
            .field("fifo_deduplication", &self.fifo_deduplication)
            .field("secret_filter", &self.secret_filter)
            .field("input_mappings", &self.input_mappings.is_some())
            .field("check_limits", &self.check_limits)
            .finish()
    }
}

/// What becomes the deduplication id of a FIFO message that has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FifoDeduplication {
    /// Nothing: the queue must deduplicate by content.
    #[default]
    None,
    /// The job's key: a job that is tried again within five minutes does not send a second message.
    JobKey,
}
