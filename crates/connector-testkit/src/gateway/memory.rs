//! A way to the server without a socket.

use super::connection;
use super::shared::Shared;
use hyper_util::rt::TokioIo;
use std::future::{Ready, ready};
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::DuplexStream;
use tonic::codegen::Service;
use tonic::transport::Uri;

/// Bytes that may be under way in each direction.
const PIPE_BYTES: usize = 1024 * 1024;

/// Opens connections inside the process.
#[derive(Clone)]
pub(super) struct MemoryConnector(pub(super) Arc<Shared>);

impl Service<Uri> for MemoryConnector {
    type Response = TokioIo<DuplexStream>;
    type Error = io::Error;
    type Future = Ready<io::Result<Self::Response>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        if self.0.stopping.is_cancelled() || !self.0.connections.reachable() {
            return ready(Err(io::ErrorKind::ConnectionRefused.into()));
        }
        let (client, server) = tokio::io::duplex(PIPE_BYTES);
        self.0.tasks.spawn(connection::serve(Arc::clone(&self.0), server));
        ready(Ok(TokioIo::new(client)))
    }
}
