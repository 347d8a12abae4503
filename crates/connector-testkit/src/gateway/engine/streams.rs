//! The open job streams.

use super::Engine;
use super::job_commands::Activation;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::mpsc::{self, error::TrySendError};
use tonic::Status;
use zeebe_proto::ActivatedJob;

/// What a stream sends.
pub(crate) type StreamItem = Result<ActivatedJob, Status>;

/// One open stream.
struct Stream {
    id: u64,
    activation: Activation,
    sender: mpsc::Sender<StreamItem>,
}

/// The open streams by job type.
#[derive(Default)]
pub(crate) struct Streams {
    by_type: HashMap<Arc<str>, Vec<Stream>>,
    last_id: u64,
    /// Whose turn it is.
    turn: usize,
}

impl Streams {
    /// Adds a stream; its number removes it.
    pub(crate) fn open(&mut self, activation: Activation, sender: mpsc::Sender<StreamItem>) -> u64 {
        self.last_id += 1;
        let stream = Stream { id: self.last_id, activation, sender };
        self.by_type.entry(Arc::clone(&stream.activation.job_type)).or_default().push(stream);
        self.last_id
    }

    /// Removes a stream.
    pub(crate) fn close(&mut self, job_type: &str, id: u64) {
        if let Some(streams) = self.by_type.get_mut(job_type) {
            streams.retain(|stream| stream.id != id);
        }
    }

    /// Ends all streams, with a status or silently.
    pub(crate) fn end_all(&mut self, status: Option<&Status>) {
        for stream in self.by_type.drain().flat_map(|(_, streams)| streams) {
            if let Some(status) = status {
                // A stream that is full or gone ends without the status.
                let _ = stream.sender.try_send(Err(status.clone()));
            }
        }
    }

    /// How many streams are open for a job type.
    pub(crate) fn count(&self, job_type: &str) -> usize {
        self.by_type.get(job_type).map_or(0, Vec::len)
    }
}

impl Engine {
    /// Hands a job to a stream; `false` when none can take it.
    pub(super) fn push(&mut self, key: i64) -> bool {
        let Some(job) = self.jobs.all.get(&key) else { return false };
        let Some(streams) = self.streams.by_type.get(&job.job_type) else { return false };
        self.streams.turn = self.streams.turn.wrapping_add(1);
        let turn = self.streams.turn % streams.len().max(1);
        let in_turn = streams.iter().skip(turn).chain(streams.iter().take(turn));
        let mut taken = None;
        for stream in in_turn.filter(|stream| stream.activation.tenants.contains(&job.definition.tenant)) {
            match stream.sender.clone().try_reserve_owned() {
                Ok(permit) => {
                    taken = Some((permit, stream.activation.clone()));
                    break;
                }
                Err(TrySendError::Full(_) | TrySendError::Closed(_)) => {}
            }
        }
        let Some((permit, activation)) = taken else { return false };
        let Some(mut activated) = self.activated(key, &activation) else { return false };
        self.activate(key, &activation.worker, activation.timeout_millis);
        activated.deadline = self.deadline_millis(key);
        self.counts.jobs_pushed += 1;
        permit.send(Ok(activated));
        true
    }
}
