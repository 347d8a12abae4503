//! Plays one scenario: deploys, lets consumers run, and writes down what happened.

use crate::{
    corpus::{self, Scenario},
    engine::RecordingEngine,
    only_inbound::OnlyInbound,
    queues::{Queue, Server, gate},
};
use connector_binding::{
    EndpointPolicy,
    inbound::{ConnectionRules, InboundBinder},
};
use connector_bpmn::inspect;
use connector_core::{Backoff, ProcessDefinitionKey, TenantId};
use connector_feel::{FeelEngine, FeelOptions};
use connector_secrets::{EnvironmentSecrets, SecretResolver};
use serde_json::{Map, Value, json};
use sqs_inbound::{
    Consumer, ConsumerHandle, ConsumerOptions, ConsumerState, DeployedElement, Group, ProcessVersion,
    Services, group,
};
use sqs_transport::ClientPool;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
    time::{Duration, SystemTime},
};
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;

const CONNECTOR_TYPE: &str = "io.camunda:aws-sqs-inbound:1";
/// Nothing new for this long: the scenario is over.
const QUIET: Duration = Duration::from_millis(1_200);
const LONGEST: Duration = Duration::from_secs(40);

/// One deployed version with its elements.
struct Version {
    step: usize,
    xml: String,
    process: Arc<ProcessVersion>,
    elements: Vec<DeployedElement>,
    invalid: Vec<String>,
}

struct Running {
    handle: ConsumerHandle,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

struct Player<'a> {
    scenario: &'a Scenario,
    services: Services,
    endpoint: String,
    versions: Vec<Version>,
    /// How many versions each process ever had.
    counts: HashMap<(String, String), i32>,
    running: HashMap<String, Running>,
    /// Elements without a consumer, and how they are listed.
    listed: BTreeMap<String, &'static str>,
    keys: i64,
}

pub(crate) async fn play(scenario: &Scenario, server: &Server, clients: &ClientPool) -> Value {
    let (events, gates) = (watch::Sender::new(0_u64), watch::Sender::new(BTreeSet::new()));
    let engine = Arc::new(RecordingEngine::new(&scenario.input["engine"], events.clone()));
    let mut queues = BTreeMap::new();
    for (name, spec) in scenario.input["queues"].as_object().unwrap() {
        let queue = Arc::new(Queue::new(spec, gates.clone(), events.clone()));
        server.add(format!("{}-{name}", scenario.tag), Arc::clone(&queue));
        queues.insert(name.clone(), queue);
    }
    let mut player = Player {
        scenario,
        services: services(Arc::clone(&engine), &server.endpoint, clients),
        endpoint: server.endpoint.clone(),
        versions: Vec::new(),
        counts: HashMap::new(),
        running: HashMap::new(),
        listed: BTreeMap::new(),
        keys: 2_251_799_813_685_249,
    };
    player.run(&queues, &events, &gates).await;
    let mut fates = BTreeMap::new();
    for queue in queues.values() {
        fates.extend(queue.fates());
    }
    let of = |fate: &str| -> Vec<String> {
        fates.iter().filter(|(_, f)| **f == fate).map(|(id, _)| id.clone()).collect()
    };
    let recorded_queues: Map<String, Value> =
        queues.iter().map(|(name, queue)| (name.clone(), queue.recorded())).collect();
    let recorded = json!({
        "commands": engine.commands(), "deleted": of("deleted"), "kept": of("kept"), "notReceived": of("notReceived"),
        "activation": player.activation(), "queues": recorded_queues,
    });
    player.stop_all();
    let text = recorded.to_string().replace(&server.endpoint, "@SQS@").replace(&scenario.tag, "@T@");
    serde_json::from_str(&text).unwrap()
}

fn services(engine: Arc<RecordingEngine>, endpoint: &str, clients: &ClientPool) -> Services {
    let mut variables = corpus::secrets();
    variables.push(("SECRET_H_ENDPOINT".to_owned(), endpoint.to_owned()));
    let secrets =
        Arc::new(SecretResolver::new(vec![Arc::new(EnvironmentSecrets::new("SECRET_", variables))]));
    let feel = FeelEngine::new(FeelOptions::default());
    let rules = ConnectionRules {
        endpoints: EndpointPolicy::new([endpoint.trim_start_matches("http://")]).unwrap(),
        ..ConnectionRules::default()
    };
    Services {
        engine: Arc::new(OnlyInbound(engine)),
        feel: feel.clone(),
        binder: InboundBinder::new(secrets, feel, rules),
        clients: clients.clone(),
    }
}

impl Player<'_> {
    async fn run(
        &mut self,
        queues: &BTreeMap<String, Arc<Queue>>,
        events: &watch::Sender<u64>,
        gates: &watch::Sender<BTreeSet<String>>,
    ) {
        let deployments = self.scenario.input["deployments"].as_array().unwrap();
        let (start, mut done, mut last) = (Instant::now(), BTreeSet::new(), (0, Instant::now()));
        while start.elapsed() < LONGEST {
            for (step, deployment) in deployments.iter().enumerate() {
                let open = gate(&deployment["after"]).is_none_or(|gate| gates.borrow().contains(&gate));
                if !open || !done.insert(step) {
                    continue;
                }
                self.deploy(step, deployment);
                // What is there from the beginning is seen at once, as the runtime's first poll sees it.
                let first = deployments[step + 1..].iter().all(|later| !later["after"].is_null());
                if first {
                    self.reconcile(queues).await;
                }
                let kind = if deployment["remove"] == true { "removed" } else { "deploy" };
                gates.send_modify(|gates| {
                    gates.insert(format!("{kind} {step}"));
                });
                last.1 = Instant::now();
            }
            for queue in queues.values() {
                queue.fates();
            }
            if *events.borrow() != last.0 {
                last = (*events.borrow(), Instant::now());
            }
            let busy = queues.values().any(|queue| queue.is_busy() || queue.expects_more());
            let in_state = |wanted: ConsumerState| {
                self.running.values().filter(|running| *running.handle.state().borrow() == wanted).count()
            };
            let receives: usize = queues.values().map(|queue| queue.receive_calls()).sum();
            let starting =
                in_state(ConsumerState::Activating) > 0 || receives < in_state(ConsumerState::Activated);
            if last.1.elapsed() > QUIET && !(busy && last.1.elapsed() < 6 * QUIET) && !starting {
                return;
            }
            sleep(Duration::from_millis(25)).await;
        }
    }

    fn deploy(&mut self, step: usize, deployment: &Value) {
        if deployment["remove"] == true {
            self.versions.clear();
            return;
        }
        let xml = deployment["xml"]
            .as_str()
            .unwrap()
            .replace("@SQS@", &self.endpoint)
            .replace("@T@", &self.scenario.tag);
        let tenant = TenantId::new(deployment["tenantId"].as_str().unwrap_or_default());
        for model in inspect(&xml).unwrap_or_default() {
            let id = model.bpmn_process_id.clone();
            let is_same = |v: &Version| {
                v.process.bpmn_process_id == id && v.process.tenant_id == tenant && v.xml == xml
            };
            if self
                .versions
                .iter()
                .rfind(|v| v.process.bpmn_process_id == id && v.process.tenant_id == tenant)
                .is_some_and(is_same)
            {
                continue;
            }
            let version = self.counts.entry((id.clone(), tenant.to_string())).or_default();
            *version += 1;
            self.keys += 1;
            let process = Arc::new(ProcessVersion {
                bpmn_process_id: id,
                name: model.name,
                version: *version,
                process_definition_key: ProcessDefinitionKey::new(self.keys),
                tenant_id: tenant.clone(),
            });
            let (mut elements, mut invalid) = (Vec::new(), Vec::new());
            for found in model.inbound {
                match found {
                    Ok(element) => elements.push(DeployedElement { process: Arc::clone(&process), element }),
                    Err(element) => invalid.push(element.element_id),
                }
            }
            self.versions.push(Version { step, xml: xml.clone(), process, elements, invalid });
        }
    }

    /// The versions that count: the latest of each process, and those that the engine reports subscriptions for.
    fn active(&self) -> Vec<&Version> {
        let subscribed: Vec<u64> = self.scenario.input["subscriptions"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_u64)
            .collect();
        let is_latest = |version: &Version| {
            !self.versions.iter().any(|other| {
                other.process.bpmn_process_id == version.process.bpmn_process_id
                    && other.process.tenant_id == version.process.tenant_id
                    && other.process.version > version.process.version
            })
        };
        self.versions.iter().filter(|v| is_latest(v) || subscribed.contains(&(v.step as u64))).collect()
    }

    async fn reconcile(&mut self, queues: &BTreeMap<String, Arc<Queue>>) {
        let mut listed = BTreeMap::new();
        let elements = self.active().iter().flat_map(|version| version.elements.clone()).collect();
        for version in self.active() {
            for id in &version.invalid {
                listed.insert(format!("{}/{id}", version.process.bpmn_process_id), "failed");
            }
        }
        let grouping = group(elements, &self.services.feel);
        for invalid in &grouping.invalid {
            let state =
                if invalid.reason.starts_with("All elements in a group") { "invalid" } else { "failed" };
            listed.extend(invalid.elements.iter().map(|element| (name(element), state)));
        }
        let (ours, foreign): (Vec<Group>, Vec<Group>) =
            grouping.groups.into_iter().partition(|group| group.connector_type() == CONNECTOR_TYPE);
        for member in foreign.iter().flat_map(Group::members) {
            listed.insert(name(&member.deployed), "failed");
        }
        self.listed = listed;
        let mut wanted: HashMap<String, Group> =
            ours.into_iter().map(|group| (group.id().to_owned(), group)).collect();
        let ids: Vec<String> = self.running.keys().cloned().collect();
        let mut stopped = Vec::new();
        for id in ids {
            let swapped = match wanted.get(&id) {
                Some(group) => self.running[&id].handle.replace_elements(group.clone()).is_ok(),
                None => false,
            };
            if swapped {
                wanted.remove(&id);
            } else {
                stopped.extend(self.running.remove(&id));
            }
        }
        for running in stopped {
            running.stop.cancel();
            running.task.await.unwrap();
        }
        // A receive that was cut off may still wait at the server, and would swallow a message.
        while self.running.is_empty() && queues.values().any(|queue| queue.pending() > 0) {
            sleep(Duration::from_millis(10)).await;
        }
        for (id, group) in wanted {
            let consumer = Consumer::new(group, self.services.clone(), options());
            let (handle, stop) = (consumer.handle(), CancellationToken::new());
            let task = tokio::spawn(consumer.run(stop.clone(), Duration::from_millis(500)));
            self.running.insert(id, Running { handle, stop, task });
        }
    }

    /// How each element is listed.
    fn activation(&self) -> Value {
        let mut activation: Map<String, Value> =
            self.listed.iter().map(|(name, state)| (name.clone(), json!(state))).collect();
        for running in self.running.values() {
            // Not the health: how soon refused receives show in it is a matter of time.
            let up = *running.handle.state().borrow() == ConsumerState::Activated;
            for member in running.handle.group().members() {
                activation.insert(name(&member.deployed), json!(if up { "activated" } else { "failed" }));
            }
        }
        activation.into()
    }

    fn stop_all(&mut self) {
        for (_, running) in self.running.drain() {
            running.task.abort();
        }
    }
}

fn options() -> ConsumerOptions {
    ConsumerOptions {
        // Once is enough to see it fail.
        activation_backoff: Backoff::new(Duration::from_secs(60), Duration::from_secs(60), 1.0),
        engine_backoff: Backoff::new(Duration::from_millis(100), Duration::from_millis(400), 2.0),
        ..ConsumerOptions::new(Arc::new(|| SystemTime::UNIX_EPOCH))
    }
}

fn name(element: &DeployedElement) -> String {
    format!("{}/{}", element.process.bpmn_process_id, element.element.element_id)
}
