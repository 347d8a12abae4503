//! What the server's tasks share: the engine under its lock, and the signals around it.

use super::connection::Connections;
use super::engine::Engine;
use super::faults::Faults;
use super::inspect::GatewayView;
use super::rpc::Rpc;
use super::server::GatewayServerOptions;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tonic::metadata::MetadataMap;

/// The state behind all connections.
pub(super) struct Shared {
    engine: Mutex<Engine>,
    /// Changes after everything that the engine does.
    changed: watch::Sender<u64>,
    /// Wakes the task that waits for the engine's next deadline.
    earlier: Notify,
    pub(super) faults: Faults,
    calls: Mutex<BTreeMap<Rpc, Calls>>,
    pub(super) connections: Connections,
    pub(super) options: GatewayServerOptions,
    pub(super) tasks: TaskTracker,
    pub(super) stopping: CancellationToken,
}

/// The calls of one name.
struct Calls {
    count: u64,
    last_metadata: MetadataMap,
}

impl Shared {
    /// The state of a new server.
    pub(super) fn new(engine: Engine, options: GatewayServerOptions) -> Arc<Self> {
        Arc::new(Self {
            engine: Mutex::new(engine),
            changed: watch::Sender::new(0),
            earlier: Notify::new(),
            faults: Faults::default(),
            calls: Mutex::default(),
            connections: Connections::default(),
            options,
            tasks: TaskTracker::new(),
            stopping: CancellationToken::new(),
        })
    }

    /// Lets the engine do what is due and then what is asked.
    pub(super) fn run<R>(&self, act: impl FnOnce(&mut Engine) -> R) -> R {
        let mut engine = self.engine.lock().unwrap_or_else(PoisonError::into_inner);
        let before = engine.next_deadline();
        engine.advance();
        let result = act(&mut engine);
        engine.settle();
        let after = engine.next_deadline();
        drop(engine);
        if after.is_some_and(|after| before.is_none_or(|before| after < before)) {
            self.earlier.notify_one();
        }
        self.changed.send_modify(|version| *version = version.wrapping_add(1));
        result
    }

    /// Looks at the engine after it has done what is due.
    pub(super) fn look<R>(&self, look: impl FnOnce(&GatewayView<'_>) -> R) -> R {
        let mut engine = self.engine.lock().unwrap_or_else(PoisonError::into_inner);
        engine.advance();
        look(&GatewayView(&engine))
    }

    /// Returns once the predicate holds; looks again after each change.
    pub(super) async fn wait_until(&self, mut predicate: impl FnMut(&GatewayView<'_>) -> bool) {
        let mut changes = self.changed.subscribe();
        while !self.look(&mut predicate) {
            if changes.changed().await.is_err() {
                return;
            }
        }
    }

    /// Does what is due when it is due, until the server stops.
    pub(super) async fn keep_time(self: Arc<Self>) {
        loop {
            let next = self.engine.lock().unwrap_or_else(PoisonError::into_inner).next_deadline();
            let due = async {
                match next {
                    Some(at) => tokio::time::sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            // All three only wait; none holds anything that a lost race would drop.
            tokio::select! {
                () = self.stopping.cancelled() => return,
                () = self.earlier.notified() => {}
                () = due => self.run(|_| ()),
            }
        }
    }

    /// Notes a call.
    pub(super) fn count(&self, rpc: Rpc, metadata: &MetadataMap) {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = calls.entry(rpc).or_insert_with(|| Calls { count: 0, last_metadata: MetadataMap::new() });
        entry.count += 1;
        entry.last_metadata = metadata.clone();
        drop(calls);
        self.changed.send_modify(|version| *version = version.wrapping_add(1));
    }

    /// How many calls of a name have come.
    pub(super) fn calls(&self, rpc: Rpc) -> u64 {
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.get(&rpc).map_or(0, |calls| calls.count)
    }

    /// The metadata of the last call of a name.
    pub(super) fn last_metadata(&self, rpc: Rpc) -> Option<MetadataMap> {
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.get(&rpc).map(|calls| calls.last_metadata.clone())
    }
}
