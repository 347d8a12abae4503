//! The messages of one queue and every rule about when which of them can be seen.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::deduplication::{Original, Window};
use super::message::{Draft, Entry, Phase, Received, Sent, StoredMessage};
use super::order::Order;
use super::receipt::Receipt;
use super::settings::Settings;
use super::{Content, QueueDepth};
use crate::sqs::refusal::{Refusal, RefusalCode};

/// Twelve hours: the longest that one receive may hide a message. Source: API reference, ChangeMessageVisibility.
const LONGEST_VISIBILITY_SECONDS: u64 = 43_200;

/// Twenty digits, as AWS numbers the messages of FIFO queues.
const FIRST_SEQUENCE_NUMBER: u128 = 18_849_496_460_467_696_128;

/// What a receive took: messages for the client, and messages that it sends to the dead-letter queue.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    pub(crate) messages: Vec<Received>,
    pub(crate) dead: Vec<Entry>,
}

/// What a receive asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ask {
    pub(crate) most: usize,
    /// Seconds; none takes the queue's.
    pub(crate) visibility_timeout: Option<u32>,
    /// A message received this often goes to the dead-letter queue instead; none without one.
    pub(crate) max_receive_count: Option<u32>,
    pub(crate) millis: u64,
}

/// The state behind a queue's lock.
#[derive(Debug)]
pub(crate) struct QueueState {
    pub(crate) settings: Settings,
    pub(crate) created: Instant,
    pub(crate) modified: Instant,
    pub(crate) purged: Option<Instant>,
    /// A random number, so that no handle of another queue fits.
    number: u64,
    next_serial: u64,
    next_sequence: u128,
    entries: HashMap<u64, Entry>,
    order: Order,
    /// Ends of delays and of visibility timeouts.
    deadlines: BTreeSet<(Instant, u64)>,
    /// Starts of the retention period.
    ages: BTreeSet<(Instant, u64)>,
    window: Window,
    in_flight_limit: usize,
    in_flight: usize,
    delayed: usize,
}

impl QueueState {
    pub(crate) fn new(settings: Settings, in_flight_limit: usize, now: Instant) -> Self {
        let (number, _) = uuid::Uuid::new_v4().as_u64_pair();
        let order = Order::new(settings.fifo);
        Self {
            settings,
            created: now,
            modified: now,
            purged: None,
            number,
            next_serial: 0,
            next_sequence: FIRST_SEQUENCE_NUMBER,
            entries: HashMap::new(),
            order,
            deadlines: BTreeSet::new(),
            ages: BTreeSet::new(),
            window: Window::default(),
            in_flight_limit,
            in_flight: 0,
            delayed: 0,
        }
    }

    /// Lets time pass: delays and visibility timeouts end, old messages go.
    pub(crate) fn settle(&mut self, now: Instant) {
        while let Some(&(end, serial)) = self.deadlines.first().filter(|(end, _)| *end <= now) {
            self.deadlines.remove(&(end, serial));
            self.show(serial);
        }
        let retention = self.settings.retention();
        while let Some(&(_, serial)) = self.ages.first().filter(|(since, _)| *since + retention <= now) {
            self.remove(serial);
        }
        self.window.forget_old(now);
    }

    /// When a message becomes visible by itself next.
    pub(crate) fn next_event(&self) -> Option<Instant> {
        self.deadlines.first().map(|(end, _)| *end)
    }

    /// Whether a receive would get something.
    pub(crate) fn has_available(&self) -> bool {
        self.in_flight < self.in_flight_limit && self.order.first().is_some()
    }

    pub(crate) fn depth(&self) -> QueueDepth {
        QueueDepth {
            visible: self.entries.len() - self.in_flight - self.delayed,
            in_flight: self.in_flight,
            delayed: self.delayed,
        }
    }

    /// All messages, in the order in which they arrived.
    pub(crate) fn messages(&self) -> Vec<StoredMessage> {
        let mut entries: Vec<_> = self.entries.iter().collect();
        entries.sort_by_key(|(serial, _)| **serial);
        entries.into_iter().map(|(_, entry)| entry.into()).collect()
    }

    /// Stores a message, or recognises it as one of the last five minutes.
    pub(crate) fn send(&mut self, now: Instant, mut draft: Draft) -> Sent {
        let key = self.deduplication_key(&draft.content);
        if let Some(original) = key.as_ref().and_then(|key| self.window.find(key)) {
            return Sent {
                message_id: original.message_id.clone(),
                sequence_number: Some(original.sequence_number.clone()),
                duplicate: true,
            };
        }
        let message_id = draft.content.message_id.clone();
        let sequence_number = (self.settings.fifo || draft.number_anyway).then(|| self.sequence_number());
        if self.settings.fifo {
            draft.content.sequence_number.clone_from(&sequence_number);
        }
        if let (Some(key), Some(number)) = (key, &sequence_number) {
            let original = Original { message_id: message_id.clone(), sequence_number: number.clone() };
            self.window.remember(now, key, original);
        }
        let delay = Duration::from_secs(draft.delay_seconds.unwrap_or(self.settings.delay).into());
        self.store(
            now,
            Entry {
                content: Arc::new(draft.content),
                retained_since: now,
                receives: 0,
                receives_here: 0,
                first_received_millis: None,
                phase: if delay.is_zero() { Phase::Visible } else { Phase::Delayed { until: now + delay } },
            },
        );
        Sent { message_id, sequence_number, duplicate: false }
    }

    /// Takes over a message that another queue gave up.
    pub(crate) fn adopt(&mut self, now: Instant, mut entry: Entry, source_arn: &str) {
        let mut content = Content::clone(&entry.content);
        content.source_arn = Some(source_arn.into());
        if self.settings.fifo {
            content.sequence_number = Some(self.sequence_number());
            // Source: developer guide: the clock of a FIFO message starts anew in the dead-letter queue.
            entry.retained_since = now;
        }
        entry.content = Arc::new(content);
        entry.receives_here = 0;
        entry.phase = Phase::Visible;
        self.store(now, entry);
    }

    /// Takes messages for one receive.
    pub(crate) fn receive(&mut self, now: Instant, ask: Ask) -> Result<Taken, Refusal> {
        let mut taken = Taken::default();
        let mut next = self.order.first();
        while let Some(serial) = next {
            if taken.messages.len() >= ask.most {
                break;
            }
            if self.in_flight >= self.in_flight_limit {
                return self.over_limit(taken);
            }
            let Some(entry) = self.entries.get(&serial) else { break };
            let group = entry.content.group.clone();
            if ask.max_receive_count.is_some_and(|most| entry.receives_here >= most) {
                taken.dead.extend(self.remove(serial));
            } else if let Some(received) = self.take(now, serial, &ask) {
                taken.messages.push(received);
            }
            next = self.order.following(group.as_ref());
        }
        Ok(taken)
    }

    /// Removes a message by its handle. Source: API reference, DeleteMessage: deleting twice succeeds, an old handle
    /// of a standard queue succeeds without effect, a FIFO queue refuses a handle whose visibility timeout is over.
    pub(crate) fn delete(&mut self, handle: &str) -> Result<bool, Refusal> {
        let receipt = Receipt::decode(handle, self.number)?;
        let Some(entry) = self.entries.get(&receipt.serial) else { return Ok(false) };
        let newest = entry.receives_here == receipt.ordinal;
        let in_flight = matches!(entry.phase, Phase::InFlight { .. });
        if self.settings.fifo && !(newest && in_flight) {
            return Err(expired(handle));
        }
        if newest {
            self.remove(receipt.serial);
        }
        Ok(newest)
    }

    /// Gives a message in flight another visibility timeout, in seconds from now.
    pub(crate) fn change_visibility(
        &mut self,
        now: Instant,
        handle: &str,
        seconds: u32,
    ) -> Result<(), Refusal> {
        let receipt = Receipt::decode(handle, self.number)?;
        let fifo = self.settings.fifo;
        let Some(entry) = self.entries.get_mut(&receipt.serial) else { return Err(gone(handle)) };
        if entry.receives_here != receipt.ordinal {
            return Err(if fifo { expired(handle) } else { gone(handle) });
        }
        let Phase::InFlight { since, until } = entry.phase else {
            let text = "The specified message isn't in flight.";
            return Err(if fifo {
                expired(handle)
            } else {
                Refusal::new(RefusalCode::MessageNotInflight, text)
            });
        };
        if now.saturating_duration_since(since).as_secs() + u64::from(seconds) > LONGEST_VISIBILITY_SECONDS {
            let reason = "Total VisibilityTimeout for the message is beyond the limit [43200 seconds]";
            return Err(Refusal::value("VisibilityTimeout", seconds, reason));
        }
        self.deadlines.remove(&(until, receipt.serial));
        let until = now + Duration::from_secs(seconds.into());
        entry.phase = Phase::InFlight { since, until };
        if seconds == 0 {
            self.show(receipt.serial);
        } else {
            self.deadlines.insert((until, receipt.serial));
        }
        Ok(())
    }

    /// Removes every message.
    pub(crate) fn purge(&mut self, now: Instant) {
        self.entries.clear();
        self.order = Order::new(self.settings.fifo);
        self.deadlines.clear();
        self.ages.clear();
        (self.in_flight, self.delayed) = (0, 0);
        self.purged = Some(now);
    }

    fn deduplication_key(&self, content: &Content) -> Option<super::deduplication::Key> {
        let id = content.deduplication_id.clone().filter(|_| self.settings.fifo)?;
        Some((content.group.clone().filter(|_| self.settings.deduplicates_per_group()), id))
    }

    fn sequence_number(&mut self) -> String {
        let number = self.next_sequence;
        self.next_sequence += 1;
        number.to_string()
    }

    fn store(&mut self, now: Instant, entry: Entry) {
        let serial = self.next_serial;
        self.next_serial += 1;
        if let Some(end) = entry.phase.deadline().filter(|end| *end > now) {
            self.deadlines.insert((end, serial));
            self.delayed += 1;
        }
        self.order.add(serial, entry.content.group.as_ref(), entry.phase == Phase::Visible);
        self.ages.insert((entry.retained_since, serial));
        self.entries.insert(serial, entry);
    }

    fn take(&mut self, now: Instant, serial: u64, ask: &Ask) -> Option<Received> {
        let entry = self.entries.get_mut(&serial)?;
        let seconds = ask.visibility_timeout.unwrap_or(self.settings.visibility_timeout);
        let until = now + Duration::from_secs(seconds.into());
        entry.receives += 1;
        entry.receives_here += 1;
        entry.phase = Phase::InFlight { since: now, until };
        let first_received_millis = *entry.first_received_millis.get_or_insert(ask.millis);
        self.deadlines.insert((until, serial));
        self.order.take(serial, entry.content.group.as_ref());
        self.in_flight += 1;
        let receipt = Receipt { queue: self.number, serial, ordinal: entry.receives_here };
        Some(Received {
            content: Arc::clone(&entry.content),
            receipt_handle: receipt.encode(),
            receives: entry.receives,
            first_received_millis,
        })
    }

    /// A delay or a visibility timeout is over; its deadline is already gone.
    fn show(&mut self, serial: u64) {
        let Some(entry) = self.entries.get_mut(&serial) else { return };
        let before = std::mem::replace(&mut entry.phase, Phase::Visible);
        match before {
            Phase::Visible => {}
            Phase::Delayed { .. } => {
                self.delayed -= 1;
                self.order.reveal(serial, entry.content.group.as_ref());
            }
            Phase::InFlight { .. } => {
                self.in_flight -= 1;
                self.order.give_back(serial, entry.content.group.as_ref());
            }
        }
    }

    fn remove(&mut self, serial: u64) -> Option<Entry> {
        let entry = self.entries.remove(&serial)?;
        self.ages.remove(&(entry.retained_since, serial));
        if let Some(end) = entry.phase.deadline() {
            self.deadlines.remove(&(end, serial));
        }
        let in_flight = matches!(entry.phase, Phase::InFlight { .. });
        match entry.phase {
            Phase::Visible => {}
            Phase::Delayed { .. } => self.delayed -= 1,
            Phase::InFlight { .. } => self.in_flight -= 1,
        }
        self.order.remove(serial, entry.content.group.as_ref(), in_flight);
        Some(entry)
    }

    /// Source: developer guide, quotas: a standard queue answers `OverLimit`, a FIFO queue answers nothing.
    fn over_limit(&self, taken: Taken) -> Result<Taken, Refusal> {
        if self.settings.fifo || !taken.messages.is_empty() || !taken.dead.is_empty() {
            return Ok(taken);
        }
        Err(Refusal::new(RefusalCode::OverLimit, "The number of messages in flight has reached its limit."))
    }
}

fn expired(handle: &str) -> Refusal {
    Refusal::value("ReceiptHandle", handle, "The receipt handle has expired.")
}

fn gone(handle: &str) -> Refusal {
    let reason = "Message does not exist or is not available for visibility timeout change.";
    Refusal::value("ReceiptHandle", handle, reason)
}
