//! The connections of the clients, and how to break them.

use super::service::Service;
use super::shared::Shared;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::collections::HashMap;
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tonic::codegen::Service as _;
use zeebe_proto::gateway_server::GatewayServer as GrpcService;

/// One connection's ends.
#[derive(Clone, Debug, Default)]
pub(super) struct Connection {
    /// Breaks it.
    pub(super) close: CancellationToken,
    /// Sends GOAWAY and lets the calls under way finish.
    drain: CancellationToken,
}

/// The open connections.
#[derive(Default)]
pub(super) struct Connections {
    open: Mutex<(u64, HashMap<u64, Connection>)>,
    unreachable: AtomicBool,
    silent: watch::Sender<bool>,
}

impl Connections {
    /// How many are open.
    pub(super) fn count(&self) -> usize {
        self.with(|open| open.1.len())
    }

    /// Breaks all of them.
    pub(super) fn close_all(&self) {
        self.with(|open| open.1.values().for_each(|connection| connection.close.cancel()));
    }

    /// Sends GOAWAY on all of them.
    pub(super) fn drain_all(&self) {
        self.with(|open| open.1.values().for_each(|connection| connection.drain.cancel()));
    }

    /// Whether new ones are served; when not, the open ones break too.
    pub(super) fn set_reachable(&self, reachable: bool) {
        self.unreachable.store(!reachable, Ordering::SeqCst);
        if !reachable {
            self.close_all();
        }
    }

    /// Whether new ones are served.
    pub(super) fn reachable(&self) -> bool {
        !self.unreachable.load(Ordering::SeqCst)
    }

    /// Whether nothing is read or written, on open connections and on new ones.
    pub(super) fn set_silent(&self, silent: bool) {
        self.silent.send_replace(silent);
    }

    fn with<R>(&self, change: impl FnOnce(&mut (u64, HashMap<u64, Connection>)) -> R) -> R {
        change(&mut self.open.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Runs the tasks of a connection as tasks of the server, until the connection breaks.
#[derive(Clone)]
struct Executor {
    tasks: TaskTracker,
    close: CancellationToken,
}

impl<F> hyper::rt::Executor<F> for Executor
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    fn execute(&self, future: F) {
        let close = self.close.clone();
        self.tasks.spawn(async move {
            // A broken connection drops its calls: nobody would get their answers.
            tokio::select! {
                _ = future => {}
                () = close.cancelled() => {}
            }
        });
    }
}

/// Serves one connection until it ends, breaks, or the server stops.
pub(super) async fn serve<I>(shared: Arc<Shared>, io: I)
where
    I: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    if !shared.connections.reachable() {
        return;
    }
    let connection = Connection::default();
    let id = shared.connections.with(|open| {
        open.0 += 1;
        open.1.insert(open.0, connection.clone());
        open.0
    });
    let grpc = GrpcService::new(Service::new(Arc::clone(&shared)));
    let handle = connection.clone();
    let service = service_fn(move |mut request: http::Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(handle.clone());
        grpc.clone().call(request)
    });
    let executor = Executor { tasks: shared.tasks.clone(), close: connection.close.clone() };
    let mut serving = pin!(http2::Builder::new(executor).serve_connection(TokioIo::new(io), service));
    let mut draining = false;
    let mut silence = shared.connections.silent.subscribe();
    loop {
        let silent = *silence.borrow_and_update();
        // Dropping the connection is what breaking it means; the other arms only wait.
        tokio::select! {
            _ = silence.changed() => {}
            ended = serving.as_mut(), if !silent => {
                if let Err(error) = ended {
                    tracing::debug!(%error, "a client's connection ended");
                }
                break;
            }
            () = connection.close.cancelled() => break,
            () = shared.stopping.cancelled() => break,
            () = connection.drain.cancelled(), if !draining => {
                draining = true;
                serving.as_mut().graceful_shutdown();
            }
        }
    }
    connection.close.cancel();
    shared.connections.with(|open| open.1.remove(&id));
}
