//! One connector before the real servers, in which scenarios play side by side.

use super::cluster::{Cluster, Version};
use crate::orders::unique;
use e2e_tests::{Connector, Engine, Model, Queue, Received, Servers};
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};
use tokio::time::{sleep, timeout};

const PATIENCE: Duration = Duration::from_secs(90);
const PAUSE: Duration = Duration::from_millis(50);

pub(crate) struct Scene {
    pub(crate) servers: Servers,
    pub(crate) engine: Engine,
    cluster: Cluster,
    connector: Connector,
}

impl Scene {
    pub(crate) async fn start() -> Self {
        let servers = Servers::handed_in().unwrap();
        let (engine, cluster) = (servers.engine().await.unwrap(), Cluster::start().await);
        let environment = [
            ("CAMUNDA_CLIENT_RESTADDRESS", cluster.address.clone()),
            ("SQS_CONNECTOR_INBOUND_POLLING_INTERVAL", "200ms".to_owned()),
            ("SQS_CONNECTOR_RUNTIME_PROCESSES_INTERVAL", "200ms".to_owned()),
            ("SQS_CONNECTOR_OUTBOUND_ENABLED", "false".to_owned()),
        ];
        let connector = Connector::start(&servers, &[], &environment).unwrap();
        Self { servers, engine, cluster, connector }
    }

    /// Ends the connector as an operator does.
    pub(crate) async fn stop(self) {
        assert_eq!(self.connector.stop().await.unwrap(), 0);
    }

    pub(crate) async fn queue(&self, name: &str) -> Queue {
        self.servers.queue(name).await.unwrap()
    }

    /// Lets the connector deploy a process from its folder, and returns when the engine has this version.
    pub(crate) async fn put(&self, process: &str, version: i32, model: &Model) {
        self.connector.put(&format!("{process}.bpmn"), &model.xml()).unwrap();
        self.logged(&format!("process=\"{process}\" version={version}")).await;
    }

    /// Deploys as somebody else, and lets the cluster show it; gives the version's key.
    pub(crate) async fn deploy(&self, process: &str, model: &Model, subscribed: bool) -> i64 {
        let xml = model.xml();
        let (key, number) = self.engine.deploy(&format!("{process}.bpmn"), &xml).await.unwrap();
        self.show(key, process, number, &xml, subscribed);
        key
    }

    pub(crate) fn show(&self, key: i64, process: &str, number: i32, xml: &str, subscribed: bool) {
        let version = Version { process: process.to_owned(), number, xml: xml.to_owned(), subscribed };
        self.cluster.show(key, version);
    }

    /// Waits until the connector has logged a line with all of these in it.
    pub(crate) async fn logged(&self, what: &str) {
        self.until(&format!("logged: {what}"), async || self.connector.log().contains(what)).await;
    }

    /// Waits until a queue has exactly so many messages, seen or unseen.
    pub(crate) async fn left(&self, queue: &Queue, count: usize) {
        self.until(&format!("{count} left in {}", queue.url), async || {
            let (visible, flying) = queue.depth().await.unwrap();
            visible + flying == count
        })
        .await;
    }

    async fn until(&self, what: &str, is_so: impl AsyncFn() -> bool) {
        let waiting = async {
            while !is_so().await {
                sleep(PAUSE).await;
            }
        };
        if timeout(PATIENCE, waiting).await.is_err() {
            panic!("not {what}; the connector says:\n{}", self.connector.last_words());
        }
    }

    /// Starts an instance that waits for the messages with this key; of the latest version.
    pub(crate) async fn wait_for(&self, process: &str, key: &str) -> i64 {
        self.engine.create(process, &json!({"waitsFor": key})).await.unwrap()
    }

    /// The variables of the first `count` instances that arrive at a job, by instance.
    pub(crate) async fn arrived(&self, process: &str, job: &str, count: usize) -> BTreeMap<i64, Value> {
        let job_type = Model::job_type(process, job);
        let mut instances = BTreeMap::new();
        let waiting = async {
            while instances.len() < count {
                for job in self.engine.activate(&job_type, 500, Duration::from_secs(5)).await.unwrap() {
                    let variables = serde_json::from_str(&job.variables).unwrap();
                    instances.insert(job.process_instance_key, variables);
                }
            }
        };
        if timeout(PATIENCE, waiting).await.is_err() {
            panic!(
                "{} of {count} instances of {process} at {job}; the connector says:\n{}",
                instances.len(),
                self.connector.last_words()
            );
        }
        instances
    }

    /// How many more instances wait at a job that nobody asked for yet.
    pub(crate) async fn more(&self, process: &str, job: &str) -> usize {
        // The engine has no shorter poll that still looks at the partition.
        let patience = Duration::from_millis(500);
        self.engine.activate(&Model::job_type(process, job), 500, patience).await.unwrap().len()
    }
}

/// A process id that no other run uses.
pub(crate) fn process() -> String {
    unique("p")
}

/// The message number `seq` for those who wait for `key`.
pub(crate) fn message(seq: usize, key: &str) -> Received {
    Received { body: json!({"seq": seq, "key": key}).to_string(), attributes: BTreeMap::new() }
}

/// The numbers that instances were given, in order.
pub(crate) fn numbers(instances: &BTreeMap<i64, Value>) -> Vec<u64> {
    let mut numbers: Vec<u64> =
        instances.values().map(|variables| variables["seq"].as_u64().unwrap()).collect();
    numbers.sort_unstable();
    numbers
}
