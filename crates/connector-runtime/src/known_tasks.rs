//! Which secrets the tasks of processes mention, for the secret filter of jobs.

use crate::{
    discovery::{Definitions, Missing},
    processes::DeployedProcess,
};
use async_trait::async_trait;
use connector_bpmn::ProcessModel;
use connector_core::ProcessDefinitionKey;
use connector_secrets::{Spelling, placeholders};
use sqs_outbound::InputMappings;
use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, PoisonError, RwLock},
};
use tracing::warn;

/// By element id, the names of the secrets that the element's input mappings mention.
pub(crate) type Tasks = HashMap<String, BTreeSet<String>>;

/// The input mappings of the process versions that we deployed, and of those that the cluster can be asked for.
#[derive(Default)]
pub(crate) struct KnownTasks {
    deployed: RwLock<HashMap<ProcessDefinitionKey, Tasks>>,
    others: Option<Arc<Definitions>>,
}

impl KnownTasks {
    /// Knows what it learns; asks `others` for the rest, when there is somebody to ask.
    pub(crate) fn new(others: Option<Arc<Definitions>>) -> Self {
        Self { deployed: RwLock::default(), others }
    }

    /// Learns the tasks of a version that we deployed.
    pub(crate) fn learn(&self, process: &DeployedProcess) {
        let tasks = tasks_of(&process.model).collect();
        let mut deployed = self.deployed.write().unwrap_or_else(PoisonError::into_inner);
        deployed.insert(process.process_definition_key, tasks);
    }

    fn learnt(&self, process: ProcessDefinitionKey, element_id: &str) -> Option<BTreeSet<String>> {
        let deployed = self.deployed.read().unwrap_or_else(PoisonError::into_inner);
        deployed.get(&process).map(|tasks| mentioned(tasks, element_id))
    }
}

#[async_trait]
impl InputMappings for KnownTasks {
    async fn mentioned_secrets(
        &self,
        process: ProcessDefinitionKey,
        element_id: &str,
    ) -> Option<BTreeSet<String>> {
        if let Some(mentioned) = self.learnt(process, element_id) {
            return Some(mentioned);
        }
        match self.others.as_ref()?.soon(process).await {
            Ok(definition) => Some(mentioned(&definition.tasks, element_id)),
            Err(Missing::NotThere) => {
                warn!(process_definition_key = %process, "the cluster's REST API does not have the process definition");
                None
            }
            // It is in the log already.
            Err(Missing::Failed(_)) => None,
        }
    }
}

/// An element of a known version that is no task of it mentions nothing.
fn mentioned(tasks: &Tasks, element_id: &str) -> BTreeSet<String> {
    tasks.get(element_id).cloned().unwrap_or_default()
}

/// The tasks of a process with the names of the secrets that their input mappings mention.
pub(crate) fn tasks_of(model: &ProcessModel) -> impl Iterator<Item = (String, BTreeSet<String>)> {
    model.outbound_tasks.iter().map(|task| {
        let found = task.inputs.iter().flat_map(|input| placeholders(&input.source, Spelling::BracesOrBare));
        (task.element_id.clone(), found.map(|placeholder| placeholder.name.as_str().to_owned()).collect())
    })
}
