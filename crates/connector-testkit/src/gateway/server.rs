//! The server: starting it, looking into it, breaking it, stopping it.

use super::clock::Clock;
use super::connection;
use super::engine::Engine;
use super::faults::Faults;
use super::inspect::GatewayView;
use super::memory::MemoryConnector;
use super::rpc::Rpc;
use super::shared::Shared;
use connector_feel::{FeelEngine, FeelOptions};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::SystemTime;
use tokio::net::TcpListener;
use tonic::Status;
use tonic::metadata::MetadataMap;
use tonic::transport::{Channel, Endpoint};

/// How to start a [`GatewayServer`].
#[derive(Clone, Debug)]
pub struct GatewayServerOptions {
    /// Where to listen; port 0 takes a free one. Default: a free port of 127.0.0.1.
    pub address: SocketAddr,
    /// The tenants of the cluster; empty = multi-tenancy is off, and only `<default>` is accepted.
    pub tenants: Vec<String>,
    /// The version that Topology names.
    pub gateway_version: String,
    /// The wall-clock time at the start; `None` = the machine's. Later times follow tokio's clock.
    pub wall_clock: Option<SystemTime>,
    /// How many jobs may wait in one job stream for a slow client; more go to other streams or to polling.
    pub stream_capacity: usize,
}

impl Default for GatewayServerOptions {
    fn default() -> Self {
        Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            tenants: Vec::new(),
            gateway_version: "8.6.0".to_owned(),
            wall_clock: None,
            stream_capacity: 1024,
        }
    }
}

/// A running gateway with its engine; dropping it stops it without waiting.
pub struct GatewayServer {
    shared: Arc<Shared>,
    address: SocketAddr,
}

impl std::fmt::Debug for GatewayServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GatewayServer").field("address", &self.address).finish_non_exhaustive()
    }
}

impl GatewayServer {
    /// Starts a gateway.
    ///
    /// # Errors
    /// The address cannot be listened on.
    pub async fn start(mut options: GatewayServerOptions) -> io::Result<Self> {
        let listener = TcpListener::bind(options.address).await?;
        let address = listener.local_addr()?;
        options.address = address;
        let clock = Clock::new(options.wall_clock);
        let shared = Shared::new(Engine::new(clock, FeelEngine::new(FeelOptions::default())), options);
        shared.tasks.spawn(Arc::clone(&shared).keep_time());
        shared.tasks.spawn(accept(Arc::clone(&shared), listener));
        Ok(Self { shared, address })
    }

    /// Where it listens: `http://127.0.0.1:PORT`.
    pub fn address(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A channel to it without a socket: nothing but tokio's tasks is under way, so a paused clock never runs
    /// ahead of an answer.
    pub fn channel(&self) -> Channel {
        Endpoint::from_static("http://in-memory")
            .connect_with_connector_lazy(MemoryConnector(Arc::clone(&self.shared)))
    }

    /// Looks at the state. The server stands still meanwhile: don't call it from inside.
    pub fn view<R>(&self, look: impl FnOnce(&GatewayView<'_>) -> R) -> R {
        self.shared.look(look)
    }

    /// Returns once the predicate holds; it is asked again after each change, not by a clock.
    /// Don't call the server from inside the predicate.
    pub async fn wait_until(&self, predicate: impl FnMut(&GatewayView<'_>) -> bool) {
        self.shared.wait_until(predicate).await;
    }

    /// Returns once that many calls of a name have come in all.
    pub async fn wait_for_calls(&self, rpc: Rpc, count: u64) {
        self.shared.wait_until(|_| self.shared.calls(rpc) >= count).await;
    }

    /// How many calls of a name have come, refused ones included.
    pub fn calls(&self, rpc: Rpc) -> u64 {
        self.shared.calls(rpc)
    }

    /// The metadata of the last call of a name, for instance its `authorization`.
    pub fn last_metadata(&self, rpc: Rpc) -> Option<MetadataMap> {
        self.shared.last_metadata(rpc)
    }

    /// What shall go wrong.
    pub fn faults(&self) -> &Faults {
        &self.shared.faults
    }

    /// How many connections are open.
    pub fn connections(&self) -> usize {
        self.shared.connections.count()
    }

    /// Ends all open job streams: with a status, or as a gateway does that forgets them.
    pub fn close_streams(&self, status: Option<Status>) {
        self.shared.run(|engine| engine.streams.end_all(status.as_ref()));
    }

    /// Breaks all connections; clients may connect again.
    pub fn close_connections(&self) {
        self.shared.connections.close_all();
    }

    /// Sends GOAWAY on all connections: calls under way finish, new ones need a new connection.
    pub fn go_away(&self) {
        self.shared.connections.drain_all();
    }

    /// Lets the gateway vanish (`false`) and come back with its state (`true`).
    pub fn set_reachable(&self, reachable: bool) {
        self.shared.connections.set_reachable(reachable);
    }

    /// Lets all connections, new ones too, stay open and go silent (`true`) as behind a firewall that drops packets,
    /// and go on where they stopped (`false`).
    pub fn set_silent(&self, silent: bool) {
        self.shared.connections.set_silent(silent);
    }

    /// Cancels a process instance as an operator does; `false` when it does not run.
    pub fn cancel_instance(&self, key: i64) -> bool {
        self.shared.run(|engine| engine.cancel_instance(key))
    }

    /// Stops listening, breaks all connections and waits until every task has ended.
    pub async fn shutdown(self) {
        self.shared.stopping.cancel();
        self.shared.connections.close_all();
        self.shared.tasks.close();
        self.shared.tasks.wait().await;
    }
}

impl Drop for GatewayServer {
    fn drop(&mut self) {
        self.shared.stopping.cancel();
        self.shared.connections.close_all();
    }
}

/// Takes connections until the server stops.
async fn accept(shared: Arc<Shared>, listener: TcpListener) {
    loop {
        // Accepting is cancel-safe.
        let accepted = tokio::select! {
            () = shared.stopping.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((socket, _)) => {
                if let Err(error) = socket.set_nodelay(true) {
                    tracing::debug!(%error, "a client's socket is gone already");
                }
                shared.tasks.spawn(connection::serve(Arc::clone(&shared), socket));
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::task::yield_now().await;
            }
        }
    }
}
