//! A message that is being worked on.

use super::{
    counters::ReceiverTally,
    shared::{Parcel, Shared},
};
use crate::Message;
use std::{fmt, sync::Arc, time::Duration};
use tokio::{sync::OwnedSemaphorePermit, time::Instant};

/// A message with the right to work on it. Dropping it gives the message back and is counted.
///
/// While it lives, heartbeats keep the message hidden from others, for twelve hours at most.
pub struct Delivery {
    /// The message.
    pub message: Message,
    id: Arc<str>,
    receive_count: u32,
    shared: Arc<Shared>,
    permit: Option<OwnedSemaphorePermit>,
}

impl Delivery {
    pub(crate) fn new(id: Arc<str>, parcel: Parcel, shared: Arc<Shared>) -> Self {
        let Parcel { message, receive_count, permit } = parcel;
        Self { message, id, receive_count, shared, permit: Some(permit) }
    }

    /// The message was handled: it will be deleted, and never delivered again by this receiver.
    pub fn ack(mut self) {
        self.permit = None;
        self.shared.ack(&self.id);
    }

    /// The message was not handled: it is given back, after a delay (whole seconds, rounded up) or as
    /// [`super::NackPolicy`] says.
    pub fn nack(mut self, after: Option<Duration>) {
        self.permit = None;
        self.shared.nack(&self.id, after, self.receive_count);
    }

    /// Whether SQS has given the message up meanwhile, so that somebody else may have it. An ack then deletes nothing.
    pub fn is_lost(&self) -> bool {
        self.shared.book().is_lost(&self.id, Instant::now())
    }

    /// How often SQS has handed the message out, this delivery included; 1 when `ApproximateReceiveCount` was not
    /// asked for.
    pub fn receive_count(&self) -> u32 {
        self.receive_count
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        // An ack or nack has taken the permit.
        if self.permit.take().is_some() {
            ReceiverTally::add(&self.shared.tally.dropped, 1u64);
            self.shared.nack(&self.id, None, self.receive_count);
        }
    }
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery")
            .field("message_id", &self.id)
            .field("receive_count", &self.receive_count)
            .finish_non_exhaustive()
    }
}
