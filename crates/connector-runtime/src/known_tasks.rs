//! Which secrets the tasks of the deployed processes mention, for the secret filter of jobs.

use crate::processes::DeployedProcess;
use async_trait::async_trait;
use connector_core::ProcessDefinitionKey;
use connector_secrets::{Spelling, placeholders};
use sqs_outbound::InputMappings;
use std::{
    collections::{BTreeSet, HashMap},
    sync::{PoisonError, RwLock},
};

type Tasks = HashMap<String, BTreeSet<String>>;

/// The input mappings of the process versions whose BPMN is known here.
#[derive(Default)]
pub(crate) struct KnownTasks {
    versions: RwLock<HashMap<ProcessDefinitionKey, Tasks>>,
}

impl KnownTasks {
    /// Learns the tasks of a deployed process version.
    pub(crate) fn learn(&self, process: &DeployedProcess) {
        let tasks = process.model.outbound_tasks.iter().map(|task| {
            let sources =
                task.inputs.iter().flat_map(|input| placeholders(&input.source, Spelling::BracesOrBare));
            (
                task.element_id.clone(),
                sources.map(|placeholder| placeholder.name.as_str().to_owned()).collect(),
            )
        });
        let tasks: Tasks = tasks.collect();
        let mut versions = self.versions.write().unwrap_or_else(PoisonError::into_inner);
        versions.insert(process.process_definition_key, tasks);
    }
}

#[async_trait]
impl InputMappings for KnownTasks {
    async fn mentioned_secrets(
        &self,
        process: ProcessDefinitionKey,
        element_id: &str,
    ) -> Option<BTreeSet<String>> {
        let versions = self.versions.read().unwrap_or_else(PoisonError::into_inner);
        // An element of a known version that is no task of it mentions nothing.
        versions.get(&process).map(|tasks| tasks.get(element_id).cloned().unwrap_or_default())
    }
}
