//! What a receiver has done so far.

use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! counters {
    ($($(#[$meta:meta])* $name:ident,)*) => {
        /// A snapshot of a [`crate::Receiver`]'s counters.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct ReceiverCounters {
            $($(#[$meta])* pub $name: u64,)*
        }

        /// The counters themselves.
        #[derive(Debug, Default)]
        pub(crate) struct ReceiverTally {
            $(pub(crate) $name: AtomicU64,)*
        }

        impl ReceiverTally {
            pub(crate) fn snapshot(&self) -> ReceiverCounters {
                ReceiverCounters { $($name: self.$name.load(Ordering::Relaxed),)* }
            }
        }
    };
}

counters! {
    /// Messages that SQS handed out, repetitions included.
    received,
    /// Messages that were handed to the consumer.
    delivered,
    /// Messages that SQS deleted after their ack.
    acked,
    /// Messages that were given back.
    nacked,
    /// Of these, deliveries that were dropped without a word.
    dropped,
    /// Messages that were given back before the consumer saw them.
    released,
    /// Messages that came again while they were in flight: the newer handle replaced the older.
    swapped,
    /// Messages that came again after their ack and were only deleted.
    repeated_after_ack,
    /// Handles that SQS no longer took while the consumer worked.
    lost,
    /// Acks that could not be made good: the message may come again.
    lost_acks,
    /// Visibility timeouts that were extended.
    extended,
    /// Messages whose digest is wrong; they stay in the queue.
    corrupt,
    /// ReceiveMessage requests.
    receive_requests,
    /// Of these, the ones that brought nothing.
    empty_receives,
    /// Of these, the ones that failed.
    failed_receives,
    /// DeleteMessageBatch requests, each attempt counted.
    delete_requests,
    /// ChangeMessageVisibilityBatch requests, each attempt counted.
    visibility_requests,
    /// GetQueueAttributes requests, each attempt counted.
    attribute_requests,
}

impl ReceiverCounters {
    /// All requests together.
    pub fn requests(&self) -> u64 {
        self.receive_requests + self.delete_requests + self.visibility_requests + self.attribute_requests
    }
}

impl ReceiverTally {
    pub(crate) fn add(counter: &AtomicU64, count: impl TryInto<u64>) {
        counter.fetch_add(count.try_into().unwrap_or(0), Ordering::Relaxed);
    }
}
