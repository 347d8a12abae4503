//! The server: its socket, its life, and what a test may look at.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::account::Account;
use super::clock::Clock;
use super::error::SqsServerError;
use super::faults::{Fault, Faults};
use super::http::{Reply, handle, refuse};
use super::operation::Operation;
use super::options::{IdScheme, SqsServerOptions};
use super::queue::{QueueCounters, QueueDepth, Settings, StoredMessage};
use super::recorder::{RecordedRequest, Recorder};
use super::refusal::{Refusal, RefusalCode};
use super::signature::Verifier;

/// A batch of 1 MiB whose every byte is escaped in JSON, with room for the rest.
const LONGEST_REQUEST: usize = 8 * 1_048_576;

/// What all requests share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) options: SqsServerOptions,
    pub(crate) endpoint: String,
    pub(crate) account: Account,
    pub(crate) clock: Clock,
    pub(crate) faults: Faults,
    pub(crate) recorder: Recorder,
    pub(crate) verifier: Verifier,
    /// Notified when a request arrives and when it is answered.
    pub(crate) progress: Notify,
    /// Messages per queue, for derived ids.
    numbers: Mutex<HashMap<String, u64>>,
}

impl Shared {
    fn new(options: SqsServerOptions, address: SocketAddr) -> Self {
        Self {
            endpoint: format!("http://{address}"),
            account: Account::default(),
            clock: Clock::start(),
            faults: Faults::default(),
            recorder: Recorder::new(options.recorded_requests),
            verifier: Verifier::new(&options.credentials),
            progress: Notify::new(),
            numbers: Mutex::default(),
            options,
        }
    }

    pub(crate) fn message_id(&self, queue: &str) -> String {
        let IdScheme::Derived(namespace) = self.options.ids else { return Uuid::new_v4().to_string() };
        let mut numbers = self.numbers.lock().unwrap_or_else(PoisonError::into_inner);
        let number = numbers.entry(queue.into()).or_default();
        *number += 1;
        Uuid::new_v5(&namespace, format!("message {queue} {number}").as_bytes()).to_string()
    }

    pub(crate) fn request_id(&self, queue: &str) -> String {
        match self.options.ids {
            IdScheme::Random => Uuid::new_v4().to_string(),
            IdScheme::Derived(namespace) => {
                Uuid::new_v5(&namespace, format!("request {queue}").as_bytes()).to_string()
            }
        }
    }
}

/// A running Amazon SQS. Dropping it cuts all connections; [`SqsServer::shutdown`] also waits for them to end.
#[derive(Debug)]
pub struct SqsServer {
    shared: Arc<Shared>,
    address: SocketAddr,
    cancel: CancellationToken,
    tasks: TaskTracker,
}

impl SqsServer {
    /// Listens and serves until it is dropped.
    ///
    /// # Errors
    /// [`SqsServerError::Bind`] when the address cannot be listened on.
    pub async fn start(options: SqsServerOptions) -> Result<Self, SqsServerError> {
        let wanted = options.address;
        let bind = |source| SqsServerError::Bind { address: wanted, source };
        let listener = TcpListener::bind(wanted).await.map_err(bind)?;
        let address = listener.local_addr().map_err(bind)?;
        let shared = Arc::new(Shared::new(options, address));
        let (cancel, tasks) = (CancellationToken::new(), TaskTracker::new());
        tasks.spawn(accept(listener, Arc::clone(&shared), cancel.clone(), tasks.clone()));
        tasks.close();
        Ok(Self { shared, address, cancel, tasks })
    }

    /// The base URL, for instance `http://127.0.0.1:40123`.
    pub fn endpoint(&self) -> String {
        self.shared.endpoint.clone()
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Closes the socket and all connections, long polls included, and waits until they are gone.
    pub async fn shutdown(self) {
        self.cancel.cancel();
        self.tasks.wait().await;
    }

    /// Makes a queue and gives its URL; a FIFO queue needs `FifoQueue` = `true` and a name that ends in `.fifo`.
    ///
    /// # Errors
    /// [`SqsServerError::Refused`] with the answer that a CreateQueue request would get.
    pub fn create_queue(&self, name: &str, attributes: &[(&str, &str)]) -> Result<String, SqsServerError> {
        let create = || {
            let settings = Settings::new(attributes.iter().copied())?;
            self.shared.account.create(name, settings, &self.shared.options, self.shared.clock.now())
        };
        match create() {
            Ok(_) => Ok(self.queue_url(name)),
            Err(Refusal { code, message }) => {
                Err(SqsServerError::Refused { error: code.wire().1.to_owned(), message })
            }
        }
    }

    /// The URL of a queue of this name, whether or not it exists.
    pub fn queue_url(&self, name: &str) -> String {
        format!("{}/{}/{name}", self.shared.endpoint, self.shared.options.account_id)
    }

    /// The ARN of a queue; none when there is no such queue.
    pub fn queue_arn(&self, name: &str) -> Option<String> {
        self.shared.account.get(name).map(|queue| queue.arn.clone())
    }

    /// The names of all queues, sorted.
    pub fn queues(&self) -> Vec<String> {
        self.shared.account.all().iter().map(|queue| queue.name.clone()).collect()
    }

    /// How many messages a queue holds; none when there is no such queue.
    pub fn depth(&self, queue: &str) -> Option<QueueDepth> {
        let now = self.shared.clock.now();
        self.shared.account.get(queue).map(|queue| queue.read(now, |state| state.depth()))
    }

    /// The messages of a queue in the order of their arrival; empty when there is no such queue.
    pub fn messages(&self, queue: &str) -> Vec<StoredMessage> {
        let now = self.shared.clock.now();
        self.shared
            .account
            .get(queue)
            .map_or_else(Vec::new, |queue| queue.read(now, |state| state.messages()))
    }

    /// What a queue has seen; none when there is no such queue.
    pub fn counters(&self, queue: &str) -> Option<QueueCounters> {
        self.shared.account.get(queue).map(|queue| queue.counters())
    }

    /// How many requests each operation got, refused and faulty ones included.
    pub fn requests(&self) -> BTreeMap<Operation, u64> {
        self.shared.recorder.counts()
    }

    /// How many requests one operation got.
    pub fn request_count(&self, operation: Operation) -> u64 {
        self.requests().get(&operation).copied().unwrap_or(0)
    }

    /// The newest requests, oldest first; see [`SqsServerOptions::recorded_requests`].
    pub fn recorded(&self) -> Vec<RecordedRequest> {
        self.shared.recorder.requests()
    }

    /// Forgets recorded requests and their counts.
    pub fn clear_recorded(&self) {
        self.shared.recorder.clear();
    }

    /// Adds a fault plan behind the ones that stand.
    pub fn add_fault(&self, fault: Fault) {
        self.shared.faults.add(fault);
    }

    /// Takes all fault plans away.
    pub fn clear_faults(&self) {
        self.shared.faults.clear();
    }

    /// The fault plans, with what is left of their counts.
    pub fn faults(&self) -> Vec<Fault> {
        self.shared.faults.list()
    }

    /// Waits until `condition` holds. It is asked now, when a request arrives and when it is answered, so a condition that
    /// time alone makes true is not noticed. Cancel-safe.
    pub async fn wait_until(&self, mut condition: impl FnMut(&Self) -> bool) {
        loop {
            let mut progress = std::pin::pin!(self.shared.progress.notified());
            // Registered before the look, so that no request falls between the look and the wait.
            progress.as_mut().enable();
            if condition(self) {
                return;
            }
            progress.await;
        }
    }

    #[cfg(feature = "sdk-client")]
    pub(crate) fn shared(&self) -> Arc<Shared> {
        Arc::clone(&self.shared)
    }
}

impl Drop for SqsServer {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>, cancel: CancellationToken, tasks: TaskTracker) {
    loop {
        // Both branches are cancel-safe: a connection is either accepted or still in the backlog.
        let accepted = tokio::select! {
            () = cancel.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        // An error here is the peer's (gone before it was accepted) or passing (no descriptor free).
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        let (shared, cancel) = (Arc::clone(&shared), cancel.clone());
        tasks.spawn(async move {
            // Cutting the connection is the point of the cancellation.
            tokio::select! {
                () = cancel.cancelled() => {}
                () = serve(stream, shared) => {}
            }
        });
    }
}

async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    let _ = stream.set_nodelay(true);
    let resets = AtomicBool::new(false);
    let service = service_fn(|request| Box::pin(answer(&shared, &resets, request)));
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let _ = std::future::poll_fn(|context| connection.poll_without_shutdown(context)).await;
    let stream = connection.into_parts().io.into_inner();
    if resets.load(Ordering::Relaxed) {
        let _ = stream.set_zero_linger();
    }
}

/// An error tells hyper to end the connection without an answer.
async fn answer(
    shared: &Arc<Shared>,
    resets: &AtomicBool,
    request: hyper::Request<Incoming>,
) -> Result<hyper::Response<Full<Bytes>>, NoAnswer> {
    let (parts, body) = request.into_parts();
    let Ok(body) = Limited::new(body, LONGEST_REQUEST).collect().await else {
        let refusal =
            Refusal::new(RefusalCode::RequestTooLarge, "The request is longer than this server reads.");
        return Ok(refuse(&refusal, "-").map(Full::new));
    };
    match handle(shared, hyper::Request::from_parts(parts, body.to_bytes())).await {
        Reply::Answer(response) => Ok(response.map(Full::new)),
        Reply::Close => Err(NoAnswer),
        Reply::Reset => {
            resets.store(true, Ordering::Relaxed);
            Err(NoAnswer)
        }
    }
}

/// A fault plan forbids an answer.
#[derive(Debug, thiserror::Error)]
#[error("a fault plan ends the connection without an answer")]
struct NoAnswer;
