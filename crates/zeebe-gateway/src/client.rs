//! The client: every command with its retries.

use crate::{
    ClientMetrics, GatewayError, GatewayOptions, JobWorkerOptions,
    call::{Caller, Raw},
    channel::Channels,
    clock::after,
    status::Refusal,
    worker::JobWorker,
};
use connector_core::{EngineError, EngineErrorCode, ErrorKind, JobLease};
use prost::Message;
use std::{future::Future, sync::Arc, time::Duration};
use tokio::time::{Instant, sleep_until, timeout_at};
use tonic::{Request, Response, Status, transport::Channel};

/// How often a command that belongs to no job is sent, the first time included. Source: the connector runtime.
const ATTEMPTS: u32 = 3;

/// A client of one or more gateways; clones share the connections, the token and the counters.
///
/// It connects when it has something to say, and again whenever a connection is lost.
#[derive(Clone, Debug)]
pub struct GatewayClient {
    pub(crate) caller: Arc<Caller>,
}

/// Whether a command that may have reached the engine may be sent once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// The engine would do the same thing once: after every answer that may change.
    Idempotent,
    /// The engine would do it twice: only when it certainly did nothing.
    Never,
}

/// How often a command may be sent, and until when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    attempts: u32,
    last: Option<Instant>,
}

impl Default for Limits {
    /// For commands that belong to no job.
    fn default() -> Self {
        Self { attempts: ATTEMPTS, last: None }
    }
}

impl GatewayClient {
    /// Sets a client up. The gateways need not be reachable yet.
    ///
    /// # Errors
    /// [`GatewayError`] when the options cannot work: an address, a certificate file, the credentials.
    pub async fn connect(options: GatewayOptions) -> Result<Self, GatewayError> {
        let channels = Channels::open(&options)?;
        Ok(Self { caller: Arc::new(Caller::new(options, channels)?) })
    }

    /// Sets a client up over a connection of the caller's; addresses and TLS of the options are not looked at.
    ///
    /// # Errors
    /// [`GatewayError`] when the credentials cannot work.
    pub async fn connect_over(channel: Channel, options: GatewayOptions) -> Result<Self, GatewayError> {
        Ok(Self { caller: Arc::new(Caller::new(options, Channels::from(channel))?) })
    }

    /// Opens a worker for a job type.
    ///
    /// # Errors
    /// [`GatewayError::InvalidWorker`] when the options contradict themselves.
    pub fn worker(&self, options: JobWorkerOptions) -> Result<JobWorker, GatewayError> {
        JobWorker::open(self.clone(), options)
    }

    /// What this client and its clones have counted.
    pub fn metrics(&self) -> &Arc<ClientMetrics> {
        &self.caller.metrics
    }

    /// Sends a command about a job until it is answered, and never after the job's deadline.
    pub(crate) async fn job_command<Q, A, F, R>(
        &self,
        job: JobLease,
        request: Q,
        call: F,
    ) -> Result<A, EngineError>
    where
        Q: Message + Clone,
        F: Fn(Raw, Request<Q>) -> R,
        R: Future<Output = Result<Response<A>, Status>>,
    {
        if Instant::now() >= job.deadline {
            self.caller.metrics.expired_jobs.increment();
            let message = format!("the command for job {} was not sent: its deadline has passed", job.key);
            return Err(EngineError::new(EngineErrorCode::DeadlineExceeded, message));
        }
        let attempts = self.caller.options.job_command_attempts.unwrap_or(u32::MAX);
        let limits = Limits { attempts, last: Some(job.deadline) };
        let refusal = match self.repeated(request, limits, Repeat::Idempotent, call).await {
            Ok(answer) => return Ok(answer),
            Err(refusal) => refusal,
        };
        if refusal.error.code == EngineErrorCode::NotFound {
            self.caller.metrics.stale_jobs.increment();
        }
        Err(refusal.error)
    }

    /// Sends a command as often as the limits allow, each time with a deadline of its own.
    pub(crate) async fn repeated<Q, A, F, R>(
        &self,
        request: Q,
        limits: Limits,
        repeat: Repeat,
        call: F,
    ) -> Result<A, Refusal>
    where
        Q: Message + Clone,
        F: Fn(Raw, Request<Q>) -> R,
        R: Future<Output = Result<Response<A>, Status>>,
    {
        let caller = &self.caller;
        let mut attempt = 1;
        loop {
            if let Some(last) = limits.last {
                caller.turn_before(last).await?;
            }
            let deadline = limits.last.map_or(caller.deadline(), |last| last.min(caller.deadline()));
            let refusal = match caller.unary(&request, deadline, &call).await {
                Ok(answer) => return Ok(answer),
                Err(refusal) => refusal,
            };
            let next = after(Instant::now(), caller.delay(&caller.backoff, attempt));
            let late = limits.last.is_some_and(|last| next >= last);
            if attempt >= limits.attempts || late || !may_repeat(&refusal, repeat) {
                return Err(refusal);
            }
            tracing::debug!(attempt, error = %refusal.error, "a command is sent again");
            caller.metrics.retries.increment();
            match limits.last {
                Some(_) => caller.rest_until(next).await,
                None => sleep_until(next).await,
            }
            attempt = attempt.saturating_add(1);
        }
    }

    /// Like [`Self::repeated`], through the gate that narrows while the engine pushes back.
    ///
    /// A command that was pushed back did nothing, so it is sent again for as long as one call may take.
    pub(crate) async fn gated<Q, A, F, R>(&self, request: Q, repeat: Repeat, call: F) -> Result<A, Refusal>
    where
        Q: Message + Clone,
        F: Fn(Raw, Request<Q>) -> R,
        R: Future<Output = Result<Response<A>, Status>>,
    {
        let caller = &self.caller;
        let last = caller.deadline();
        // Attempts, and those that were not simply pushed back.
        let (mut attempt, mut others) = (0_u32, 1);
        loop {
            attempt = attempt.saturating_add(1);
            let Ok(pass) = timeout_at(last, caller.gate.enter()).await else {
                let message = "the engine pushes back, and too many commands wait: this one was not sent";
                return Err(Refusal::unsent(EngineErrorCode::ResourceExhausted, message));
            };
            let refusal = match caller.unary(&request, caller.deadline(), &call).await {
                Ok(answer) => {
                    pass.accepted();
                    return Ok(answer);
                }
                Err(refusal) => refusal,
            };
            if refusal.error.code == EngineErrorCode::ResourceExhausted {
                pass.pushed_back();
                caller.metrics.pushed_back.increment();
            } else if may_repeat(&refusal, repeat) && others < ATTEMPTS {
                others += 1;
            } else {
                return Err(refusal);
            }
            // Others may go meanwhile.
            drop(pass);
            let next = after(Instant::now(), caller.delay(&caller.backoff, attempt));
            if next >= last {
                return Err(refusal);
            }
            caller.metrics.retries.increment();
            sleep_until(next).await;
        }
    }

    /// Sends a command once.
    pub(crate) async fn once<Q, A, F, R>(&self, request: Q, call: F) -> Result<A, EngineError>
    where
        Q: Message + Clone,
        F: Fn(Raw, Request<Q>) -> R,
        R: Future<Output = Result<Response<A>, Status>>,
    {
        let answer = self.caller.unary(&request, self.caller.deadline(), call).await;
        answer.map_err(|refusal| refusal.error)
    }
}

fn may_repeat(refusal: &Refusal, repeat: Repeat) -> bool {
    let retryable = refusal.error.kind() == ErrorKind::Retryable;
    // The engine refuses with RESOURCE_EXHAUSTED before it writes the command down.
    let untouched = !refusal.sent || refusal.error.code == EngineErrorCode::ResourceExhausted;
    retryable && (untouched || repeat == Repeat::Idempotent)
}

/// A duration in the engine's milliseconds.
pub(crate) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(code: EngineErrorCode, sent: bool) -> Refusal {
        Refusal { error: EngineError::new(code, ""), sent, unanswered: false }
    }

    #[test]
    fn repeats_a_create_only_when_the_engine_did_nothing() {
        assert!(may_repeat(&refusal(EngineErrorCode::Unavailable, false), Repeat::Never));
        assert!(may_repeat(&refusal(EngineErrorCode::ResourceExhausted, true), Repeat::Never));
        assert!(!may_repeat(&refusal(EngineErrorCode::Unavailable, true), Repeat::Never));
        assert!(!may_repeat(&refusal(EngineErrorCode::DeadlineExceeded, true), Repeat::Never));
        assert!(!may_repeat(&refusal(EngineErrorCode::InvalidArgument, false), Repeat::Never));
        assert!(may_repeat(&refusal(EngineErrorCode::Unavailable, true), Repeat::Idempotent));
        assert!(!may_repeat(&refusal(EngineErrorCode::NotFound, true), Repeat::Idempotent));
    }
}
