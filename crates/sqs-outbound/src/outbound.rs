//! The connector: takes jobs, and ends each with one command.

use crate::{
    OutboundCounters, OutboundOptions,
    counters::Tally,
    pipeline,
    turns::{Turn, Turns, may_have_group},
};
use connector_binding::{Outcome, read_variables};
use connector_core::{ActivatedJob, Engine, EngineError, Job, JobLease, JobSource};
use connector_feel::FeelEngine;
use connector_secrets::SecretResolver;
use sqs_transport::Sender;
use std::sync::Arc;
use tokio::time::Instant;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Sends one SQS message for each job. Cloning is cheap.
#[derive(Clone)]
pub struct Outbound {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) engine: Arc<dyn Engine>,
    pub(crate) sender: Sender,
    pub(crate) secrets: Arc<SecretResolver>,
    pub(crate) feel: FeelEngine,
    pub(crate) options: OutboundOptions,
    pub(crate) turns: Turns,
    tally: Tally,
}

/// How a job ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Handled {
    /// Completed with the result.
    Completed,
    /// Completed because the error expression ignores the error.
    Ignored,
    /// Failed.
    Failed,
    /// A BPMN error was thrown.
    Thrown,
    /// No command was sent: its time was up, or the sender has stopped.
    Abandoned,
    /// The engine refused the command.
    Refused,
}

impl Outbound {
    /// A connector that sends commands to `engine` and messages through `sender`.
    pub fn new(
        engine: Arc<dyn Engine>,
        sender: Sender,
        secrets: Arc<SecretResolver>,
        feel: FeelEngine,
        options: OutboundOptions,
    ) -> Self {
        let (turns, tally) = (Turns::default(), Tally::default());
        Self { inner: Arc::new(Inner { engine, sender, secrets, feel, options, turns, tally }) }
    }

    /// Handles one job to its end.
    pub async fn handle(&self, job: &Job) -> Handled {
        self.handle_in_turn(job, None).await
    }

    async fn handle_in_turn(&self, job: &Job, turn: Option<Turn>) -> Handled {
        self.inner.tally.activated();
        let handled = match pipeline::outcome(&self.inner, job, turn).await {
            Some((outcome, lease)) if Instant::now() < lease.deadline => {
                self.command(job, lease, outcome).await
            }
            _ => {
                tracing::warn!(job = %job.lease.key, element = job.element_id, "the job's time is up or the sender has stopped; no command is sent");
                Handled::Abandoned
            }
        };
        self.inner.tally.handled(handled);
        handled
    }

    /// Handles the jobs of a source until it ends or `shutdown` is cancelled, then waits for those that were begun.
    ///
    /// As many jobs run at a time as the source gives out permits. Messages of one group leave in the order of their jobs.
    /// A panic in one ends that job alone.
    pub async fn run(&self, mut jobs: impl JobSource, shutdown: CancellationToken) {
        let tasks = TaskTracker::new();
        loop {
            // Cancelling `next` can lose a job only at shutdown; the engine hands it out again after its timeout.
            let next = tokio::select! {
                biased;
                () = shutdown.cancelled() => break,
                next = jobs.next() => next,
            };
            let Some(ActivatedJob { job, permit }) = next else { break };
            let (outbound, turn) = (self.clone(), self.turn(&job));
            // In a box, since spawning moves what is spawned several times, and this is large.
            tasks.spawn(Box::pin(async move {
                let watch = PanicWatch { inner: Arc::clone(&outbound.inner), job: job.lease };
                outbound.handle_in_turn(&job, turn).await;
                drop((watch, permit));
            }));
        }
        tasks.close();
        tasks.wait().await;
    }

    /// The turn of a job that belongs to a group; jobs without one need not be read yet.
    fn turn(&self, job: &Job) -> Option<Turn> {
        if !may_have_group(&job.variables) {
            return None;
        }
        // What cannot be read is said on the job's own way.
        Turn::take(&self.inner, &read_variables(&job.variables).ok()?)
    }

    /// How many jobs ended how.
    pub fn counters(&self) -> OutboundCounters {
        self.inner.tally.snapshot()
    }

    async fn command(&self, job: &Job, lease: JobLease, outcome: Outcome) -> Handled {
        let engine = &self.inner.engine;
        let (handled, sent) = match outcome {
            Outcome::Complete(variables) => (Handled::Completed, engine.complete(lease, variables).await),
            Outcome::Ignore(variables) => (Handled::Ignored, engine.complete(lease, variables).await),
            Outcome::Throw(error) => (Handled::Thrown, engine.throw(lease, error).await),
            Outcome::Fail(failure) => {
                tracing::warn!(job = %lease.key, element = job.element_id, process = job.bpmn_process_id, retries = failure.retries, error = failure.error_message, "the job failed");
                (Handled::Failed, engine.fail(lease, failure).await)
            }
        };
        match sent {
            Ok(()) => handled,
            Err(error) => refused(job, &error),
        }
    }
}

fn refused(job: &Job, error: &EngineError) -> Handled {
    tracing::error!(job = %job.lease.key, element = job.element_id, code = %error.code, error = error.message, "the engine refused the job's command");
    Handled::Refused
}

/// Counts a job whose handling panicked.
struct PanicWatch {
    inner: Arc<Inner>,
    job: JobLease,
}

impl Drop for PanicWatch {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.inner.tally.panicked();
            tracing::error!(job = %self.job.key, "handling the job panicked; the engine hands it out again after its timeout");
        }
    }
}
