//! The cluster's process definitions, looked at again and again over REST.

use crate::{
    discovery::{Definition, Definitions, Missing},
    inbound::Inbound,
    lifecycle::{ProcessId, Source, Versions},
    processes::DeployedProcess,
};
use connector_core::ProcessDefinitionKey;
use futures::{StreamExt, stream};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};
use tokio::{sync::watch, time::sleep};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};
use zeebe_gateway::{Lookup, ProcessDefinition, RestClient, RestError, SubscribedVersion};

/// How many processes are read at once.
const PARALLEL: usize = 8;

/// How the cluster is looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClusterOptions {
    /// The wait between two looks.
    pub(crate) interval: Duration,
    /// Whether older versions whose instances wait for messages are active too.
    pub(crate) older_versions: bool,
}

/// Looks at the cluster's process definitions.
pub(crate) struct Cluster {
    rest: RestClient,
    definitions: Arc<Definitions>,
    inbound: Arc<Inbound>,
    options: ClusterOptions,
    /// What the statistics said last.
    subscribed: Vec<SubscribedVersion>,
    reachable: Option<bool>,
    /// Whether the last look read everything that it asked for.
    readable: watch::Sender<bool>,
}

/// What became of reading a version.
enum Read {
    Version(Arc<DeployedProcess>),
    /// An older version that is not there any more: the others do without it.
    Gone,
    /// It has to be tried again, and the process stays as it is until then.
    Later,
}

/// The keys of a process's active versions, with the definition where a search gave it.
type Wanted = BTreeMap<ProcessDefinitionKey, Option<ProcessDefinition>>;

impl Cluster {
    pub(crate) fn new(
        rest: RestClient,
        definitions: Arc<Definitions>,
        inbound: Arc<Inbound>,
        options: ClusterOptions,
    ) -> Self {
        Self {
            rest,
            definitions,
            inbound,
            options,
            subscribed: Vec::new(),
            reachable: None,
            readable: watch::Sender::new(false),
        }
    }

    /// Whether the cluster's definitions can be read; false before the first look.
    pub(crate) fn readable(&self) -> watch::Receiver<bool> {
        self.readable.subscribe()
    }

    /// Looks again and again, until `shutdown`.
    pub(crate) async fn watch(mut self, shutdown: CancellationToken) {
        // A look that is broken off leaves whole processes behind, as they were or as they are.
        let looking = async {
            loop {
                self.look(&shutdown).await;
                sleep(self.options.interval).await;
            }
        };
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = looking => {}
        }
    }

    async fn look(&mut self, shutdown: &CancellationToken) {
        let latest = match self.rest.search_process_definitions().await {
            Ok(latest) => latest,
            Err(problem) => return self.unreachable(&problem),
        };
        if self.reachable.replace(true) != Some(true) {
            info!(processes = latest.len(), "the cluster's process definitions can be read");
        }
        self.ask_for_subscriptions().await;
        let wanted = self.wanted(latest);
        for gone in
            self.inbound.known(Source::Cluster).into_iter().filter(|known| !wanted.contains_key(known))
        {
            info!(process = gone.bpmn_process_id, "the process is gone from the cluster");
            self.inbound.tell(Source::Cluster, &gone, Vec::new(), shutdown);
        }
        let this = &*self;
        let processes =
            stream::iter(wanted).map(|(process, versions)| this.refresh(process, versions, shutdown));
        processes.buffer_unordered(PARALLEL).collect::<()>().await;
        self.readable.send_replace(true);
    }

    /// What was known stays as it is.
    fn unreachable(&mut self, problem: &RestError) {
        self.readable.send_replace(false);
        if self.reachable.replace(false) != Some(false) {
            warn!(
                code = problem.code(),
                "the cluster's process definitions cannot be read: {problem} (CAMUNDA_CLIENT_RESTADDRESS or [gateway] \
                 rest-address); what runs goes on; trying again until it answers"
            );
        }
    }

    async fn ask_for_subscriptions(&mut self) {
        if !self.options.older_versions {
            return;
        }
        match self.rest.message_subscription_statistics().await {
            Ok(subscribed) => self.subscribed = subscribed,
            Err(RestError::Unsupported { .. } | RestError::Refused { status: 400..=499, .. }) => {
                info!(
                    "this cluster does not tell which older versions wait for messages: only the latest are consumed for"
                );
                self.options.older_versions = false;
            }
            Err(problem) => {
                warn!(code = problem.code(), "what older versions wait for stays as it was: {problem}");
            }
        }
    }

    fn wanted(&self, latest: Vec<ProcessDefinition>) -> BTreeMap<ProcessId, Wanted> {
        let mut wanted: BTreeMap<ProcessId, Wanted> = BTreeMap::new();
        for subscribed in &self.subscribed {
            let process = ProcessId {
                tenant_id: subscribed.tenant_id.clone(),
                bpmn_process_id: subscribed.bpmn_process_id.clone(),
            };
            wanted.entry(process).or_default().insert(subscribed.key, None);
        }
        for definition in latest {
            let process = ProcessId {
                tenant_id: definition.tenant_id.clone(),
                bpmn_process_id: definition.bpmn_process_id.clone(),
            };
            wanted.entry(process).or_default().insert(definition.key, Some(definition));
        }
        wanted
    }

    /// Reads what is new of a process. Unless all of it can be read, the process stays as it is until the next look.
    async fn refresh(&self, process: ProcessId, wanted: Wanted, shutdown: &CancellationToken) {
        let told = self.inbound.told(Source::Cluster, &process);
        let known: BTreeSet<_> = told.iter().map(|version| version.process_definition_key).collect();
        if wanted.keys().copied().collect::<BTreeSet<_>>() == known {
            return;
        }
        let mut versions = Versions::new();
        for (key, definition) in wanted {
            let old = told.iter().find(|version| version.process_definition_key == key).cloned();
            let read = match old {
                Some(version) => Read::Version(version),
                None => self.version(&process, key, definition).await,
            };
            match read {
                Read::Version(version) => versions.push(version),
                Read::Gone => {}
                Read::Later => return,
            }
        }
        self.inbound.tell(Source::Cluster, &process, versions, shutdown);
    }

    async fn version(
        &self,
        process: &ProcessId,
        key: ProcessDefinitionKey,
        latest: Option<ProcessDefinition>,
    ) -> Read {
        let is_latest = latest.is_some();
        let definition = match latest {
            Some(definition) => definition,
            // The statistics do not say which version a key is.
            None => match self.rest.process_definition(key).await {
                Ok(Lookup::Found(definition)) => definition,
                Ok(Lookup::NotThere) => return Read::Gone,
                Err(problem) => {
                    warn!(process_definition_key = %key, code = problem.code(), "a process definition cannot be read: {problem}");
                    return Read::Later;
                }
            },
        };
        match self.definitions.now(key).await {
            Ok(read) => Read::Version(Arc::new(deployed(process, &definition, &read))),
            Err(Missing::NotThere) if !is_latest => Read::Gone,
            Err(Missing::NotThere) => {
                let version = definition.version;
                info!(process = process.bpmn_process_id, version, "its BPMN is not there yet");
                Read::Later
            }
            // It is in the log already.
            Err(Missing::Failed(_)) => Read::Later,
        }
    }
}

fn deployed(process: &ProcessId, definition: &ProcessDefinition, read: &Definition) -> DeployedProcess {
    let model = read.models.iter().find(|model| model.bpmn_process_id == process.bpmn_process_id);
    if model.is_none() && !read.models.is_empty() {
        error!(process = process.bpmn_process_id, "left out: its BPMN does not declare the process");
    }
    DeployedProcess {
        model: model.cloned().unwrap_or_else(|| without_elements(definition)),
        version: definition.version,
        process_definition_key: definition.key,
        tenant_id: process.tenant_id.clone(),
    }
}

/// A version whose BPMN cannot be read stays the latest one, and declares nothing.
fn without_elements(definition: &ProcessDefinition) -> connector_bpmn::ProcessModel {
    connector_bpmn::ProcessModel {
        bpmn_process_id: definition.bpmn_process_id.clone(),
        name: definition.name.clone(),
        inbound: Vec::new(),
        outbound_tasks: Vec::new(),
        findings: Vec::new(),
    }
}
