//! The folder of BPMN files, watched: what is new or changed is deployed and consumed for.

use crate::{
    RuntimeError,
    inbound::Inbound,
    known_tasks::KnownTasks,
    lifecycle::{ProcessId, Source, Versions},
    processes::{self, DeployedProcess, Stamp},
};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};
use zeebe_gateway::GatewayClient;

/// A folder of BPMN files and what became of them.
pub(crate) struct Folder {
    path: PathBuf,
    client: GatewayClient,
    tasks: Arc<KnownTasks>,
    inbound: Arc<Inbound>,
    /// Each file as it was when it was looked at last.
    seen: BTreeMap<PathBuf, Stamp>,
    deployed: BTreeMap<PathBuf, Versions>,
    readable: bool,
}

impl Folder {
    /// Looks whether the folder is there; nothing is deployed yet.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub(crate) fn open(
        path: &Path,
        client: GatewayClient,
        tasks: Arc<KnownTasks>,
        inbound: Arc<Inbound>,
    ) -> Result<Self, RuntimeError> {
        processes::list(path)?;
        let (seen, deployed) = (BTreeMap::new(), BTreeMap::new());
        Ok(Self { path: path.to_owned(), client, tasks, inbound, seen, deployed, readable: true })
    }

    /// Looks again and again, until `shutdown`.
    pub(crate) async fn watch(mut self, interval: Duration, shutdown: CancellationToken) {
        loop {
            // Both only wait, so either can be dropped.
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = sleep(interval) => {}
            }
            self.look(&shutdown).await;
        }
    }

    /// Deploys the files that are new or changed since the last look, by name, and forgets those that are gone.
    pub(crate) async fn look(&mut self, shutdown: &CancellationToken) {
        let Some(files) = self.list().await else { return };
        let gone: Vec<PathBuf> =
            self.seen.keys().filter(|path| !files.contains_key(*path)).cloned().collect();
        for path in gone {
            info!(file = %path.display(), "the file is gone: its processes stay deployed, and are not consumed for");
            self.seen.remove(&path);
            self.deployed.remove(&path);
        }
        for (path, stamp) in files {
            if self.seen.get(&path) == Some(&stamp) {
                continue;
            }
            self.seen.insert(path.clone(), stamp);
            self.deploy(&path, shutdown).await;
            self.tell(shutdown);
        }
        self.tell(shutdown);
    }

    /// A folder that cannot be read says nothing about its files.
    async fn list(&mut self) -> Option<BTreeMap<PathBuf, Stamp>> {
        let path = self.path.clone();
        // A file system may hang, and the executor must not.
        let problem = match tokio::task::spawn_blocking(move || processes::list(&path)).await {
            Ok(Ok(files)) => {
                self.readable = true;
                return Some(files);
            }
            Ok(Err(problem)) => problem.to_string(),
            Err(problem) => problem.to_string(),
        };
        if std::mem::take(&mut self.readable) {
            warn!("{problem}; what it had stays as it is until it can be read again");
        }
        None
    }

    /// A file that is refused leaves what it was before as it is.
    async fn deploy(&mut self, path: &Path, shutdown: &CancellationToken) {
        let own = path.to_owned();
        let read = tokio::task::spawn_blocking(move || processes::read_file(own)).await;
        let Ok(Some(file)) = read else { return };
        let Some(deployed) = processes::deploy(&self.client, &file, shutdown).await else { return };
        for process in &deployed {
            self.tasks.learn(process);
        }
        self.deployed.insert(path.to_owned(), deployed.into_iter().map(Arc::new).collect());
    }

    /// Of each process only the highest version: what an older file said is no longer meant.
    fn tell(&self, shutdown: &CancellationToken) {
        let mut latest: BTreeMap<ProcessId, Arc<DeployedProcess>> = BTreeMap::new();
        for version in self.deployed.values().flatten() {
            let known = latest.entry(version.process_id()).or_insert_with(|| Arc::clone(version));
            if version.version > known.version {
                *known = Arc::clone(version);
            }
        }
        for gone in self.inbound.known(Source::Folder).into_iter().filter(|known| !latest.contains_key(known))
        {
            self.inbound.tell(Source::Folder, &gone, Vec::new(), shutdown);
        }
        for (process, version) in latest {
            self.inbound.tell(Source::Folder, &process, vec![version], shutdown);
        }
    }
}
