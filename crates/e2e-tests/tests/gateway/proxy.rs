//! A proxy before the gateway that does to its clients what a test says.

use http_body_util::{BodyExt, Empty, Full, combinators::BoxBody};
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    client::conn::http2::SendRequest,
    service::service_fn,
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::{
    convert::Infallible,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Mutex, watch},
    task::JoinSet,
};
use tonic::Code;

type Body = BoxBody<Bytes, hyper::Error>;

/// What happens to calls.
#[derive(Clone, Copy)]
pub(crate) enum Passage {
    /// They go to the gateway.
    Open,
    /// They are refused with a status; only those that the engine pushes back, or all.
    Refused { code: Code, pushed_back_only: bool },
    /// A web page is the answer.
    Page(u16),
}

/// A proxy with one gateway behind it. Dropping it ends it.
pub(crate) struct Proxy {
    pub(crate) address: String,
    state: Arc<State>,
    _tasks: JoinSet<()>,
}

struct State {
    gateway: String,
    passage: watch::Sender<Passage>,
    /// While true, nothing is read from clients and nothing written to them.
    silent: watch::Sender<bool>,
    /// Changes when open connections are to be reset.
    resets: watch::Sender<u32>,
    /// Changes when GOAWAY is to be sent on open connections.
    goaways: watch::Sender<u32>,
    /// Calls that were not passed on.
    refused: AtomicU32,
}

impl Proxy {
    pub(crate) async fn start(gateway: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(State {
            gateway: gateway.trim_start_matches("http://").to_owned(),
            passage: watch::Sender::new(Passage::Open),
            silent: watch::Sender::new(false),
            resets: watch::Sender::new(0),
            goaways: watch::Sender::new(0),
            refused: AtomicU32::new(0),
        });
        let (mut tasks, accepting) = (JoinSet::new(), Arc::clone(&state));
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                connections.spawn(serve(Arc::clone(&accepting), socket));
            }
        });
        Self { address, state, _tasks: tasks }
    }

    pub(crate) fn pass(&self, passage: Passage) {
        self.state.passage.send_replace(passage);
    }

    pub(crate) fn go_away(&self) {
        self.state.goaways.send_modify(|count| *count += 1);
    }

    pub(crate) fn reset(&self) {
        self.state.resets.send_modify(|count| *count += 1);
    }

    pub(crate) fn set_silent(&self, silent: bool) {
        self.state.silent.send_replace(silent);
    }

    /// How many calls were not passed on.
    pub(crate) fn refused(&self) -> u32 {
        self.state.refused.load(Ordering::SeqCst)
    }
}

/// Serves one client until it leaves or is reset.
async fn serve(state: Arc<State>, socket: TcpStream) {
    socket.set_nodelay(true).unwrap();
    // Closing sends RST: the proxy closes no connection for another reason.
    socket.set_zero_linger().unwrap();
    let gateway = Arc::new(Gateway::default());
    let (own, behind) = (Arc::clone(&state), Arc::clone(&gateway));
    let service = service_fn(move |request| answer(Arc::clone(&own), Arc::clone(&behind), request));
    let builder = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
    let mut serving = pin!(builder.serve_connection(TokioIo::new(socket), service));
    let (mut silence, mut resets, mut goaways) =
        (state.silent.subscribe(), state.resets.subscribe(), state.goaways.subscribe());
    loop {
        let silent = *silence.borrow_and_update();
        // Who does not look at the connection neither reads nor writes, and leaves pings unanswered.
        tokio::select! {
            _ = silence.changed() => {}
            _ = serving.as_mut(), if !silent => return,
            _ = resets.changed() => return,
            _ = goaways.changed() => serving.as_mut().graceful_shutdown(),
        }
    }
}

async fn answer(
    state: Arc<State>,
    gateway: Arc<Gateway>,
    request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    let passage = *state.passage.borrow();
    let relieves =
        ["CompleteJob", "FailJob", "ThrowError"].iter().any(|call| request.uri().path().ends_with(call));
    let refused = match passage {
        Passage::Open => None,
        Passage::Refused { pushed_back_only: true, .. } if relieves => None,
        Passage::Refused { code, .. } => Some(status(code, "the proxy was told to refuse")),
        Passage::Page(status) => Some(page(status)),
    };
    if let Some(refused) = refused {
        state.refused.fetch_add(1, Ordering::SeqCst);
        return Ok(refused);
    }
    match gateway.pass(&state.gateway, request).await {
        Ok(answer) => Ok(answer.map(BodyExt::boxed)),
        Err(error) => Ok(status(Code::Unavailable, &error)),
    }
}

fn status(code: Code, message: &str) -> Response<Body> {
    let answer = Response::builder().header("content-type", "application/grpc");
    let answer =
        answer.header("grpc-status", i32::from(code)).header("grpc-message", message.replace(' ', "%20"));
    answer.body(Empty::new().map_err(|never| match never {}).boxed()).unwrap()
}

fn page(status: u16) -> Response<Body> {
    let page =
        Full::from("<html><h1>504 Gateway Time-out</h1></html>").map_err(|never| match never {}).boxed();
    Response::builder().status(status).header("content-type", "text/html").body(page).unwrap()
}

/// The connection to the gateway that belongs to one client.
#[derive(Default)]
struct Gateway {
    sender: Mutex<Option<SendRequest<Incoming>>>,
    connection: Mutex<JoinSet<()>>,
}

impl Gateway {
    async fn pass(&self, address: &str, request: Request<Incoming>) -> Result<Response<Incoming>, String> {
        let mut sender = self.sender(address).await?;
        sender.send_request(request).await.map_err(|error| error.to_string())
    }

    async fn sender(&self, address: &str) -> Result<SendRequest<Incoming>, String> {
        let mut kept = self.sender.lock().await;
        if let Some(sender) = kept.as_ref().filter(|sender| !sender.is_closed()) {
            return Ok(sender.clone());
        }
        let socket = TcpStream::connect(address).await.map_err(|error| error.to_string())?;
        let handshake = hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(socket));
        let (sender, connection) = handshake.await.map_err(|error| error.to_string())?;
        self.connection.lock().await.spawn(async move {
            let _ = connection.await;
        });
        *kept = Some(sender.clone());
        Ok(sender)
    }
}
