//! The sockets: bound at the start, served until the end of the drain.

use super::{
    routes::{Scope, answer},
    view::View,
};
use crate::{HttpSettings, RuntimeError};
use http::{Request, Response, header};
use http_body_util::Full;
use hyper::{
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::sleep,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{info, warn};

/// The port of the Java runtime.
const DEFAULT_PORT: u16 = 8080;
/// More connections than this wait to be accepted.
const MOST_CONNECTIONS: usize = 128;
/// Whoever sends no request for so long is cut off.
const HEADER_TIME: Duration = Duration::from_secs(30);
/// After the socket could not accept, for instance for lack of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// Ports that are bound and not served yet.
pub(crate) struct Endpoints {
    listeners: Vec<(Scope, TcpListener)>,
}

impl Endpoints {
    /// Binds the ports; without a port of one's own a default one that is taken is done without.
    ///
    /// # Errors
    /// When a port that somebody chose cannot be bound.
    pub(crate) async fn bind(settings: &HttpSettings) -> Result<Self, RuntimeError> {
        let mut listeners = Vec::new();
        let separate = settings.management_port.filter(|port| settings.port != Some(*port));
        let scope = if separate.is_some() { Scope::Api } else { Scope::All };
        if settings.enabled {
            match listen(settings, settings.port.unwrap_or(DEFAULT_PORT)).await {
                Ok(listener) => listeners.push((scope, listener)),
                Err(problem) if settings.port.is_none() => {
                    warn!("no endpoints: {problem}; set [http] port or SERVER_PORT to a free one");
                }
                Err(problem) => return Err(problem),
            }
            if let Some(port) = separate {
                listeners.push((Scope::Actuator, listen(settings, port).await?));
            }
        }
        let endpoints = Self { listeners };
        for (scope, address) in endpoints.addresses() {
            let what = if scope == Scope::Actuator { "health and metrics" } else { "endpoints" };
            info!(%address, "{what} at http://{address}");
        }
        Ok(endpoints)
    }

    /// Where the first port is.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        self.addresses().next().map(|(_, address)| address)
    }

    fn addresses(&self) -> impl Iterator<Item = (Scope, SocketAddr)> {
        self.listeners.iter().filter_map(|(scope, listener)| Some((*scope, listener.local_addr().ok()?)))
    }

    /// Answers until `stop`.
    pub(crate) async fn serve(self, view: Arc<View>, stop: CancellationToken) {
        let connections = TaskTracker::new();
        let room = Arc::new(Semaphore::new(MOST_CONNECTIONS));
        let accepting = self.listeners.into_iter().map(|(scope, listener)| {
            let (view, connections, room) = (Arc::clone(&view), connections.clone(), Arc::clone(&room));
            let stop = stop.clone();
            async move {
                let accept = async {
                    loop {
                        let Ok(permit) = Arc::clone(&room).acquire_owned().await else { return };
                        match listener.accept().await {
                            Ok((stream, _)) => {
                                let serving = connection(Arc::clone(&view), scope, stream, stop.clone());
                                connections.spawn(async move {
                                    serving.await;
                                    drop(permit);
                                });
                            }
                            Err(problem) => {
                                warn!("cannot accept a connection: {problem}");
                                sleep(ACCEPT_PAUSE).await;
                            }
                        }
                    }
                };
                // Both can be dropped: a connection that is not accepted yet is refused with the socket's end.
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = accept => {}
                }
            }
        });
        futures::future::join_all(accepting).await;
        connections.close();
        connections.wait().await;
    }
}

async fn listen(settings: &HttpSettings, port: u16) -> Result<TcpListener, RuntimeError> {
    TcpListener::bind((settings.address.as_str(), port))
        .await
        .map_err(|source| RuntimeError::Listen { address: format!("{}:{port}", settings.address), source })
}

async fn connection(view: Arc<View>, scope: Scope, stream: TcpStream, stop: CancellationToken) {
    let service = service_fn(|request| respond(&view, scope, request));
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEADER_TIME);
    let serving = builder.serve_connection(TokioIo::new(stream), service);
    tokio::pin!(serving);
    // The connection is polled to its end in both cases; a client that went away is nobody's problem.
    tokio::select! {
        _ = serving.as_mut() => {}
        () = stop.cancelled() => {
            serving.as_mut().graceful_shutdown();
            let _ = serving.await;
        }
    }
}

async fn respond(
    view: &View,
    scope: Scope,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let uri = request.uri();
    let path_and_query = (uri.path(), uri.query().unwrap_or_default());
    let answer = answer(view, scope, request.method(), path_and_query, request.headers()).await;
    let mut response = Response::new(Full::new(Bytes::from(answer.body)));
    *response.status_mut() = answer.status;
    let content_type = header::HeaderValue::from_static(answer.content_type);
    response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    Ok(response)
}
