//! What the next messages of a queue would do, by a BPMN file that need not be deployed.

use crate::{Environment, RuntimeError, Settings, aws, gateway, inbound, secrets};
use connector_core::{Engine, ProcessDefinitionKey, TenantId};
use connector_feel::{FeelEngine, FeelOptions};
use sqs_inbound::{DeployedElement, InboundError, Peeked, ProcessVersion, group};
use sqs_transport::ClientPool;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

/// What to look at.
#[derive(Clone, Debug)]
pub struct PeekOptions {
    /// The BPMN file whose elements would get the messages.
    pub process: PathBuf,
    /// Only the consumer of this element; `None` = every consumer of the file.
    pub element: Option<String>,
    /// How many messages of each queue at most.
    pub count: usize,
    /// How long to wait for a further message.
    pub wait: Duration,
}

/// What the next messages of a consumer's queue would do.
#[derive(Debug)]
pub struct PeekedGroup {
    /// The process.
    pub bpmn_process_id: String,
    /// The elements that share the consumer.
    pub elements: Vec<String>,
    /// The messages, or why none can be received.
    pub messages: Result<Vec<Peeked>, InboundError>,
}

/// Receives messages for the elements of a BPMN file, says what they would do, and puts them back at once.
///
/// The engine is told nothing. Elements that no consumer could be started for are errors as a consumer would show them.
///
/// # Errors
/// When settings or the file cannot be used.
pub async fn peek(
    settings: &Settings,
    environment: &Environment,
    options: &PeekOptions,
) -> Result<Vec<PeekedGroup>, RuntimeError> {
    // Never asked: nothing is correlated.
    let engine: Arc<dyn Engine> = Arc::new(gateway::connect(&settings.gateway).await?);
    let clients = ClientPool::new(aws::pool_options(&settings.aws)?);
    let resolver = Arc::new(secrets::resolver(settings, environment).await?);
    let feel = FeelEngine::new(FeelOptions::default());
    let services = inbound::services(settings, engine, clients, resolver, feel)?;
    let consumer_options = inbound::options(settings)?;
    let mut peeked = Vec::new();
    for elements in elements(&options.process, &settings.inbound.element_type)? {
        let grouping = group(elements, &services.feel);
        if let Some(invalid) = grouping.invalid.first() {
            return Err(problem(&options.process, invalid.reason.clone()));
        }
        for group in &grouping.groups {
            let elements: Vec<String> =
                group.members().map(|member| member.element_id().to_owned()).collect();
            if options.element.as_ref().is_some_and(|wanted| !elements.contains(wanted)) {
                continue;
            }
            let (count, wait) = (options.count, options.wait);
            peeked.push(PeekedGroup {
                bpmn_process_id: group.first().deployed.process.bpmn_process_id.clone(),
                elements,
                messages: sqs_inbound::peek(group, &services, &consumer_options, count, wait).await,
            });
        }
    }
    if peeked.is_empty() {
        let what = options.element.as_ref().map_or_else(
            || format!("no element of it has the inbound.type {}", settings.inbound.element_type),
            |element| format!("it has no inbound element '{element}'"),
        );
        return Err(problem(&options.process, what));
    }
    Ok(peeked)
}

fn problem(path: &Path, complaint: String) -> RuntimeError {
    RuntimeError::Process { path: path.to_owned(), complaint }
}

/// The inbound elements of a file, by process, as of a version that is not deployed.
fn elements(path: &Path, element_type: &str) -> Result<Vec<Vec<DeployedElement>>, RuntimeError> {
    let text =
        std::fs::read_to_string(path).map_err(|error| problem(path, format!("cannot be read: {error}")))?;
    let models = connector_bpmn::inspect(&text).map_err(|error| problem(path, error.to_string()))?;
    let mut processes = Vec::new();
    for model in models {
        let process = Arc::new(ProcessVersion {
            bpmn_process_id: model.bpmn_process_id,
            name: model.name,
            version: 1,
            process_definition_key: ProcessDefinitionKey::new(0),
            tenant_id: TenantId::default(),
        });
        let mut elements = Vec::new();
        for found in model.inbound {
            let element = found.map_err(|invalid| problem(path, invalid.to_string()))?;
            if element.connector_type == element_type {
                elements.push(DeployedElement { process: Arc::clone(&process), element });
            }
        }
        processes.push(elements);
    }
    Ok(processes)
}
