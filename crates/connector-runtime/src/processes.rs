//! The folder of BPMN files: read, deployed, inspected.

use crate::{RuntimeError, lifecycle::ProcessId};
use connector_bpmn::ProcessModel;
use connector_core::{Backoff, ErrorKind, Jitter, ProcessDefinitionKey, TenantId};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};
use zeebe_gateway::{GatewayClient, Resource};

/// A BPMN file as it was read.
#[derive(Clone, Debug)]
pub(crate) struct ProcessFile {
    path: PathBuf,
    name: String,
    content: Vec<u8>,
}

/// One version of a process that the engine has, with what its file declares.
#[derive(Clone, Debug)]
pub(crate) struct DeployedProcess {
    pub(crate) model: ProcessModel,
    pub(crate) version: i32,
    pub(crate) process_definition_key: ProcessDefinitionKey,
    pub(crate) tenant_id: TenantId,
}

impl DeployedProcess {
    /// The process, whatever its version.
    pub(crate) fn process_id(&self) -> ProcessId {
        ProcessId { tenant_id: self.tenant_id.clone(), bpmn_process_id: self.model.bpmn_process_id.clone() }
    }
}

/// What changes when a file is written: its time, where the file system has one, and its size in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp(Option<SystemTime>, u64);

/// The `*.bpmn` files of a folder, by name.
///
/// # Errors
/// When the folder itself cannot be read.
pub(crate) fn list(folder: &Path) -> Result<BTreeMap<PathBuf, Stamp>, RuntimeError> {
    let problem = |source| RuntimeError::Processes { folder: folder.to_owned(), source };
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).map_err(problem)? {
        let path = entry.map_err(problem)?.path();
        let is_bpmn = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("bpmn"));
        // A file that vanishes meanwhile is gone.
        if let (true, Ok(metadata)) = (is_bpmn, fs::metadata(&path)) {
            files.insert(path, Stamp(metadata.modified().ok(), metadata.len()));
        }
    }
    Ok(files)
}

/// Reads a file; one that cannot be read is logged and left out.
pub(crate) fn read_file(path: PathBuf) -> Option<ProcessFile> {
    let name = path.file_name()?.to_string_lossy().into_owned();
    match fs::read(&path) {
        Ok(content) => Some(ProcessFile { path, name, content }),
        Err(problem) => {
            error!(file = %path.display(), "left out: the file cannot be read: {problem}");
            None
        }
    }
}

/// Deploys one file, again and again while the engine is away; `None` when it was refused or at shutdown.
pub(crate) async fn deploy(
    client: &GatewayClient,
    file: &ProcessFile,
    shutdown: &CancellationToken,
) -> Option<Vec<DeployedProcess>> {
    let models = inspect(file)?;
    let backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(30), 2.0);
    let mut jitter = Jitter::new(u64::from(std::process::id()), 0.1);
    let mut attempt = 0;
    loop {
        attempt += 1;
        let resource = Resource { name: file.name.clone(), content: file.content.clone() };
        match client.deploy([resource]).await {
            Ok(deployment) => return Some(deployed(file, &models, deployment.processes)),
            Err(refusal) if refusal.kind() == ErrorKind::Retryable => {
                if attempt == 1 {
                    warn!(file = %file.path.display(), code = refusal.code.as_str(), "not deployed yet: {}", refusal.message);
                }
            }
            Err(refusal) => {
                error!(file = %file.path.display(), code = refusal.code.as_str(), "left out: the engine refuses the file: {}", refusal.message);
                return None;
            }
        }
        // Both only wait, so either can be dropped.
        tokio::select! {
            () = shutdown.cancelled() => return None,
            () = tokio::time::sleep(backoff.delay_with(attempt, &mut jitter)) => {}
        }
    }
}

fn inspect(file: &ProcessFile) -> Option<Vec<ProcessModel>> {
    let complaint = match std::str::from_utf8(&file.content) {
        Ok(text) => match connector_bpmn::inspect(text) {
            Ok(models) => return Some(models),
            Err(problem) => problem.to_string(),
        },
        Err(problem) => format!("not UTF-8: {problem}; save it as UTF-8"),
    };
    error!(file = %file.path.display(), "left out: {complaint}");
    None
}

fn deployed(
    file: &ProcessFile,
    models: &[ProcessModel],
    processes: Vec<zeebe_gateway::DeployedProcess>,
) -> Vec<DeployedProcess> {
    let mut all = Vec::new();
    for process in processes {
        info!(file = %file.path.display(), process = process.bpmn_process_id, version = process.version, "deployed");
        if let Some(model) = models.iter().find(|model| model.bpmn_process_id == process.bpmn_process_id) {
            all.push(DeployedProcess {
                model: model.clone(),
                version: process.version,
                process_definition_key: process.process_definition_key,
                tenant_id: process.tenant_id,
            });
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_only_bpmn_files_in_the_order_of_their_names() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.bpmn", "a.BPMN", "notes.txt"] {
            fs::write(folder.path().join(name), "x").unwrap();
        }
        let files = list(folder.path()).unwrap().into_keys().filter_map(read_file);
        assert_eq!(files.map(|file| file.name).collect::<Vec<_>>(), ["a.BPMN", "b.bpmn"]);
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let error = list(Path::new("nowhere/at/all")).unwrap_err().to_string();
        assert!(error.contains("nowhere/at/all") && error.contains("--processes"), "{error}");
    }
}
