//! One call: connection, deadline, authorization, size.

use crate::{
    ClientMetrics, GatewayError, GatewayOptions, WallClock,
    auth::Authorizer,
    channel::{Channels, Outcome},
    clock::after,
    gate::Gate,
    limit::Limit,
    outage::Outage,
    status::Refusal,
};
use connector_core::{Backoff, EngineError, EngineErrorCode, Jitter};
use futures::stream::{self, Chain, Iter, StreamExt};
use prost::Message;
use std::{
    future::Future,
    hash::{BuildHasher, RandomState},
    option,
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::{Instant, sleep_until, timeout_at};
use tonic::{Request, Response, Status, Streaming, transport::Channel};
use zeebe_proto::gateway_client::GatewayClient as RawClient;

/// The generated client, over one connection.
pub(crate) type Raw = RawClient<Channel>;

/// The messages of a stream, the first of which has come already.
pub(crate) type Messages<M> = Chain<Iter<option::IntoIter<Result<M, Status>>>, Streaming<M>>;

/// What all clones of a client share.
#[derive(Debug)]
pub(crate) struct Caller {
    channels: Channels,
    pub(crate) authorizer: Authorizer,
    pub(crate) options: GatewayOptions,
    pub(crate) gate: Gate,
    outage: Outage,
    /// The waits between the turns of an outage.
    turns: Backoff,
    /// The usual time that a call may take, as the gateway is told it.
    limit: Limit,
    pub(crate) metrics: Arc<ClientMetrics>,
    pub(crate) backoff: Backoff,
    jitter: Mutex<Jitter>,
}

impl Caller {
    pub(crate) fn new(options: GatewayOptions, channels: Channels) -> Result<Self, GatewayError> {
        let seed = options.jitter_seed.unwrap_or_else(|| RandomState::new().hash_one(0));
        let metrics = Arc::new(ClientMetrics::default());
        let clock = options.wall_clock.clone();
        Ok(Self {
            channels,
            authorizer: Authorizer::new(
                &options.credentials,
                &options.user_agent,
                Arc::clone(&metrics),
                clock,
            )?,
            gate: Gate::new(options.max_concurrent_commands),
            outage: Outage::default(),
            turns: Backoff::new(Duration::from_millis(100), Duration::from_secs(2), 10.0),
            limit: Limit::new(options.request_timeout),
            metrics,
            backoff: command_backoff(),
            jitter: Mutex::new(Jitter::new(seed, 0.1)),
            options,
        })
    }

    pub(crate) fn wall_clock(&self) -> &WallClock {
        &self.options.wall_clock
    }

    /// The wait before retry number `attempt` of a backoff, with jitter.
    pub(crate) fn delay(&self, backoff: &Backoff, attempt: u32) -> Duration {
        let mut jitter = self.jitter.lock().unwrap_or_else(PoisonError::into_inner);
        backoff.delay_with(attempt, &mut jitter)
    }

    /// True while the last call met no gateway.
    pub(crate) fn is_cut_off(&self) -> bool {
        self.outage.is_on()
    }

    /// Waits until a call that can wait may go: at once, or in turn with all others while no gateway can be reached.
    pub(crate) async fn turn(&self) {
        self.outage.turn(|failures| self.delay(&self.turns, failures)).await;
    }

    /// Like [`Self::turn`], until the last moment at which the call makes sense.
    pub(crate) async fn turn_before(&self, last: Instant) -> Result<(), Refusal> {
        if self.outage.try_turn(|failures| self.delay(&self.turns, failures)) {
            return Ok(());
        }
        let Err(_) = timeout_at(last, self.turn()).await else { return Ok(()) };
        let unknown = || EngineError::new(EngineErrorCode::Unavailable, "no gateway can be reached");
        Err(Refusal::before(self.outage.error().unwrap_or_else(unknown)))
    }

    /// Waits before another attempt, or less when a gateway answers after a long outage.
    pub(crate) async fn rest_until(&self, next: Instant) {
        tokio::select! {
            () = sleep_until(next) => {}
            () = self.outage.end() => {}
        }
    }

    /// When a unary call that starts now has to be answered.
    pub(crate) fn deadline(&self) -> Instant {
        after(Instant::now(), self.options.request_timeout)
    }

    /// Makes one unary call, and a second one when a token had to be replaced.
    pub(crate) async fn unary<Q, A, F, R>(
        &self,
        request: &Q,
        deadline: Instant,
        call: F,
    ) -> Result<A, Refusal>
    where
        Q: Message + Clone,
        F: Fn(Raw, Request<Q>) -> R,
        R: Future<Output = Result<Response<A>, Status>>,
    {
        self.check_size(request)?;
        self.authorized(request, Some(deadline), &call).await.map(Response::into_inner)
    }

    /// Makes a call that answers with a stream, and waits for the first message or the end.
    ///
    /// Only then somebody has answered: what a proxy says instead shows no sooner. The deadline is that of the first
    /// message, and tells the gateway until when we listen.
    pub(crate) async fn streaming<Q, M, F, R>(
        &self,
        request: &Q,
        deadline: Option<Instant>,
        call: F,
    ) -> Result<Messages<M>, Refusal>
    where
        Q: Message + Clone,
        F: Fn(Raw, Request<Q>) -> R,
        R: Future<Output = Result<Response<Streaming<M>>, Status>>,
    {
        let call = |raw: Raw, request: Request<Q>| {
            let answer = call(raw, request);
            async move {
                let mut rest = answer.await?.into_inner();
                let first = rest.message().await?;
                Ok(Response::new(stream::iter(first.map(Ok)).chain(rest)))
            }
        };
        self.authorized(request, deadline, &call).await.map(Response::into_inner)
    }

    async fn authorized<Q, A, F, R>(
        &self,
        message: &Q,
        deadline: Option<Instant>,
        call: &F,
    ) -> Result<Response<A>, Refusal>
    where
        Q: Clone,
        F: Fn(Raw, Request<Q>) -> R,
        R: Future<Output = Result<Response<A>, Status>>,
    {
        let mut retried = false;
        loop {
            let header = self.authorizer.header_until(deadline).await?;
            let mut request = Request::new(message.clone());
            if let Some(deadline) = deadline {
                self.limit.announce(deadline.saturating_duration_since(Instant::now()), &mut request);
            }
            if let Some(header) = header.clone() {
                request.metadata_mut().insert("authorization", header);
            }
            self.metrics.calls.increment();
            let (gateway, raw) = self.raw()?;
            let started = Instant::now();
            // Pinned here: a call is several kilobytes, and each layer around it would move them.
            let sent = pin!(call(raw, request));
            let answer = answered(sent, deadline).await;
            self.note(gateway, started, &answer);
            let refusal = match answer {
                Ok(response) => return Ok(response),
                Err(refusal) => refusal,
            };
            let unauthenticated = refusal.error.code == EngineErrorCode::Unauthenticated;
            if retried || !unauthenticated || !self.authorizer.refused(header.as_ref(), deadline).await {
                return Err(refusal);
            }
            retried = true;
        }
    }

    /// Remembers what became of a call.
    fn note<A>(&self, gateway: usize, started: Instant, answer: &Result<A, Refusal>) {
        let outcome = outcome(answer);
        self.channels.note(gateway, outcome);
        match answer {
            Err(refusal) if outcome != Outcome::Answered => {
                let wait = |failures| self.delay(&self.turns, failures);
                self.outage.failed(started, refusal, wait);
            }
            _ => self.outage.answered(),
        }
    }

    fn raw(&self) -> Result<(usize, Raw), Refusal> {
        let next = self.channels.next();
        let none = || Refusal::unsent(EngineErrorCode::Unavailable, "there is no gateway");
        let (gateway, channel) = next.ok_or_else(none)?;
        Ok((gateway, RawClient::new(channel).max_decoding_message_size(self.options.max_response_bytes)))
    }

    fn check_size(&self, request: &impl Message) -> Result<(), Refusal> {
        let (size, limit) = (request.encoded_len(), self.options.max_request_bytes);
        if size <= limit {
            return Ok(());
        }
        let message = format!(
            "the command has {size} bytes and was not sent: the engine takes at most {limit}; \
             send fewer or smaller variables"
        );
        Err(Refusal::unsent(EngineErrorCode::InvalidArgument, message))
    }
}

/// Waits for the answer to a call.
async fn answered<A>(
    call: impl Future<Output = Result<Response<A>, Status>>,
    deadline: Option<Instant>,
) -> Result<Response<A>, Refusal> {
    let answer = match deadline {
        Some(deadline) => timeout_at(deadline, call).await,
        None => Ok(call.await),
    };
    match answer {
        Ok(answer) => answer.map_err(Refusal::from),
        Err(_) => Err(Refusal::timed_out()),
    }
}

fn outcome<A>(answer: &Result<A, Refusal>) -> Outcome {
    match answer {
        Err(refusal) if refusal.unanswered => Outcome::Unanswered,
        Err(refusal) if refusal.error.code == EngineErrorCode::Unavailable => Outcome::Unavailable,
        _ => Outcome::Answered,
    }
}

/// The waits between attempts at a command, and between attempts to poll and to stream.
///
/// Source: the Java client's exponential backoff as the connector runtime configures it.
pub(crate) fn command_backoff() -> Backoff {
    Backoff::new(Duration::from_millis(50), Duration::from_secs(5), 1.6)
}
