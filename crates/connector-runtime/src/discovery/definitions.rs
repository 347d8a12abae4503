//! The BPMN of process versions that others deployed, read over REST once and kept.

use crate::known_tasks::{Tasks, tasks_of};
use connector_bpmn::ProcessModel;
use connector_core::{Backoff, ProcessDefinitionKey};
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::OnceCell,
    time::{Instant, sleep},
};
use tracing::{error, warn};
use zeebe_gateway::{Lookup, RestClient};

/// How many definitions are kept. Source: the Java runtime's cache.
const KEPT: usize = 1_000;
/// The waits for a definition that was deployed a moment ago and is not in the cluster's secondary storage yet.
const EXPORT_WAITS_MS: [u64; 5] = [200, 400, 800, 1_600, 2_000];

/// What the BPMN of one version declares; a version never changes, so it is read once.
#[derive(Debug)]
pub(crate) struct Definition {
    /// The processes of the file.
    pub(crate) models: Vec<ProcessModel>,
    /// The secrets that its tasks mention.
    pub(crate) tasks: Tasks,
}

/// Why a definition cannot be had at present.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    /// The cluster does not know it, or not yet.
    NotThere,
    /// It could not be asked for.
    Failed(String),
}

/// The definitions, by key.
pub(crate) struct Definitions {
    rest: RestClient,
    cache: Mutex<Cache>,
    /// How long a failure is remembered, by how many there were in a row.
    backoff: Backoff,
}

#[derive(Default)]
struct Cache {
    entries: HashMap<ProcessDefinitionKey, Arc<Entry>>,
    /// The keys in the order in which they were first asked for.
    order: VecDeque<ProcessDefinitionKey>,
}

/// One definition. Whoever asks while somebody else is reading it waits for that one's result.
#[derive(Default)]
struct Entry {
    definition: OnceCell<Arc<Definition>>,
    failure: Mutex<Option<Failure>>,
}

#[derive(Clone)]
struct Failure {
    count: u32,
    until: Instant,
    missing: Missing,
}

impl Definitions {
    pub(crate) fn new(rest: RestClient) -> Self {
        let backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60), 2.0);
        Self { rest, cache: Mutex::default(), backoff }
    }

    /// The definition, when the cluster has it at this moment.
    pub(crate) async fn now(&self, key: ProcessDefinitionKey) -> Result<Arc<Definition>, Missing> {
        self.read(key, &[]).await
    }

    /// The definition; one that is not there is waited for as long as an export takes.
    pub(crate) async fn soon(&self, key: ProcessDefinitionKey) -> Result<Arc<Definition>, Missing> {
        self.read(key, &EXPORT_WAITS_MS).await
    }

    async fn read(&self, key: ProcessDefinitionKey, waits: &[u64]) -> Result<Arc<Definition>, Missing> {
        let entry = self.entry(key);
        let read = entry.definition.get_or_try_init(|| async {
            let before = entry.failure().clone();
            if let Some(failure) = before.as_ref().filter(|failure| Instant::now() < failure.until) {
                return Err(failure.missing.clone());
            }
            self.fetch_with_waits(key, waits).await.map(Arc::new).inspect_err(|missing| {
                let count = before.map_or(0, |failure| failure.count).saturating_add(1);
                let until = Instant::now() + self.backoff.delay(count);
                *entry.failure() = Some(Failure { count, until, missing: missing.clone() });
            })
        });
        read.await.cloned()
    }

    async fn fetch_with_waits(
        &self,
        key: ProcessDefinitionKey,
        waits: &[u64],
    ) -> Result<Definition, Missing> {
        for wait in waits {
            match self.fetch(key).await {
                Err(Missing::NotThere) => sleep(Duration::from_millis(*wait)).await,
                other => return other,
            }
        }
        self.fetch(key).await
    }

    async fn fetch(&self, key: ProcessDefinitionKey) -> Result<Definition, Missing> {
        match self.rest.process_definition_xml(key).await {
            Ok(Lookup::Found(xml)) => Ok(definition(key, &xml)),
            Ok(Lookup::NotThere) => Err(Missing::NotThere),
            Err(problem) => {
                warn!(process_definition_key = %key, code = problem.code(), "a process definition cannot be read: {problem}");
                Err(Missing::Failed(problem.to_string()))
            }
        }
    }

    fn entry(&self, key: ProcessDefinitionKey) -> Arc<Entry> {
        let mut cache = self.cache();
        if let Some(entry) = cache.entries.get(&key) {
            return Arc::clone(entry);
        }
        while cache.order.len() >= KEPT {
            let oldest = cache.order.pop_front();
            oldest.and_then(|oldest| cache.entries.remove(&oldest));
        }
        cache.order.push_back(key);
        Arc::clone(cache.entries.entry(key).or_default())
    }

    fn cache(&self) -> MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    fn failure(&self) -> MutexGuard<'_, Option<Failure>> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A file that cannot be inspected declares nothing: it will not change.
fn definition(key: ProcessDefinitionKey, xml: &str) -> Definition {
    let models = connector_bpmn::inspect(xml).unwrap_or_else(|problem| {
        error!(process_definition_key = %key, code = problem.code(), "left out: {problem}");
        Vec::new()
    });
    let tasks = models.iter().flat_map(tasks_of).collect();
    Definition { models, tasks }
}
