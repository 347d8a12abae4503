//! Deployed processes and their versions.

use super::Engine;
use super::rejection::{Rejection, RejectionKind};
use crate::gateway::bpmn::{self, ProcessModel};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// One version of a process.
pub(crate) struct Definition {
    pub(crate) key: i64,
    pub(crate) version: i32,
    pub(crate) tenant: Arc<str>,
    pub(crate) resource_name: String,
    pub(crate) resource: Arc<[u8]>,
    pub(crate) model: ProcessModel,
}

impl Definition {
    /// The id of the process in its BPMN.
    pub(crate) fn process_id(&self) -> &Arc<str> {
        &self.model.id
    }
}

/// A process's name: tenant and process id.
type ProcessName = (Arc<str>, Arc<str>);

/// A process of a file that is being deployed: the file's name, its bytes, the process.
type Parsed = (String, Arc<[u8]>, ProcessModel);

/// All versions of all processes.
#[derive(Default)]
pub(crate) struct Definitions {
    by_key: BTreeMap<i64, Arc<Definition>>,
    /// The versions of each (tenant, process id), the oldest first.
    versions: HashMap<ProcessName, Vec<Arc<Definition>>>,
}

impl Definitions {
    /// All versions in the order of their deployment.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Arc<Definition>> {
        self.by_key.values()
    }

    /// The version with that key.
    pub(crate) fn by_key(&self, key: i64) -> Option<&Arc<Definition>> {
        self.by_key.get(&key)
    }

    /// The newest version of a process.
    pub(crate) fn latest(&self, tenant: &str, process_id: &str) -> Option<&Arc<Definition>> {
        self.versions.get(&(tenant.into(), process_id.into()))?.last()
    }

    /// A version of a process by its number.
    pub(crate) fn version(&self, tenant: &str, process_id: &str, version: i32) -> Option<&Arc<Definition>> {
        let versions = self.versions.get(&(tenant.into(), process_id.into()))?;
        versions.iter().find(|definition| definition.version == version)
    }

    /// Adds a version.
    fn add(&mut self, definition: &Arc<Definition>) {
        self.by_key.insert(definition.key, Arc::clone(definition));
        let process = (Arc::clone(&definition.tenant), Arc::clone(definition.process_id()));
        self.versions.entry(process).or_default().push(Arc::clone(definition));
    }
}

impl Engine {
    /// Deploys files, all or none; answers the deployment's key and the versions that the files now stand for.
    ///
    /// # Errors
    /// Zeebe's rejection, with the name of the file and of the element that is wrong.
    pub(crate) fn deploy(
        &mut self,
        tenant: &Arc<str>,
        resources: Vec<(String, Vec<u8>)>,
    ) -> Result<(i64, Vec<Arc<Definition>>), Rejection> {
        let reject = |reason: &str| Rejection::command("CREATE", RejectionKind::InvalidArgument, reason);
        if resources.is_empty() {
            return Err(reject("Expected to deploy at least one resource, but none given"));
        }
        let parsed = self.parse(resources).map_err(|problems| {
            let text = "Expected to deploy new resources, but encountered the following errors:";
            reject(&format!("{text}{problems}"))
        })?;
        let deployment_key = self.keys.next();
        let mut deployed = Vec::new();
        for (resource_name, resource, model) in parsed {
            deployed.push(self.add_version(tenant, resource_name, resource, model));
        }
        self.counts.deployments += 1;
        Ok((deployment_key, deployed))
    }

    /// Reads all files; the problems of all of them together when there are any.
    fn parse(&self, resources: Vec<(String, Vec<u8>)>) -> Result<Vec<Parsed>, String> {
        let mut parsed: Vec<Parsed> = Vec::new();
        let mut problems = String::new();
        for (name, content) in resources {
            if !(name.ends_with(".bpmn") || name.ends_with(".bpmn20.xml")) {
                problems.push_str(&format!("\n\n'{name}': unknown resource type"));
                continue;
            }
            match bpmn::parse(&content, &self.feel) {
                Err(problem) => problems.push_str(&format!("\n'{name}': {problem}")),
                Ok(models) => {
                    let resource: Arc<[u8]> = content.into();
                    for model in models {
                        if let Some((other, ..)) = parsed.iter().find(|(_, _, known)| known.id == model.id) {
                            problems.push_str(&format!(
                                "\nDuplicated process id in resources '{other}' and '{name}'"
                            ));
                        }
                        parsed.push((name.clone(), Arc::clone(&resource), model));
                    }
                }
            }
        }
        if problems.is_empty() { Ok(parsed) } else { Err(problems) }
    }

    /// Adds a version unless the newest one came from the same file with the same content.
    fn add_version(
        &mut self,
        tenant: &Arc<str>,
        resource_name: String,
        resource: Arc<[u8]>,
        model: ProcessModel,
    ) -> Arc<Definition> {
        let latest = self.definitions.latest(tenant, &model.id);
        if let Some(same) =
            latest.filter(|old| old.resource == resource && old.resource_name == resource_name)
        {
            return Arc::clone(same);
        }
        let version = latest.map_or(1, |old| old.version.saturating_add(1));
        let key = self.keys.next();
        let tenant = Arc::clone(tenant);
        let definition = Arc::new(Definition { key, version, tenant, resource_name, resource, model });
        self.definitions.add(&definition);
        self.messages.move_starts(&definition);
        definition
    }
}
