//! The connector and the real broker are killed in turn while messages flow.

use crate::{
    orders::{doubled, fill, size, tally},
    random::Random,
};
use e2e_tests::{Connector, Engine, Inbound, Model, Queue, Servers};
use futures::{
    StreamExt, TryStreamExt,
    future::{join_all, try_join_all},
    stream,
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    path::PathBuf,
    time::Duration,
};
use tokio::time::{Instant, sleep, timeout};

/// How often the queues are looked at; they don't tell by themselves.
const PAUSE: Duration = Duration::from_millis(50);
/// How long the broker may take to come back and the connector to go on.
const PATIENCE: Duration = Duration::from_secs(180);

/// One kind of element with a queue of its own; its process ends in a job that nobody takes.
struct Lane {
    process: String,
    kind: Inbound,
    queue: Queue,
    numbers: Range<usize>,
}

impl Lane {
    async fn new(servers: &Servers, kind: Inbound, numbers: Range<usize>) -> Self {
        let process = format!("p-{}", uuid::Uuid::new_v4().simple());
        Self { process, kind, queue: servers.queue("in").await.unwrap(), numbers }
    }

    fn bpmn(&self) -> String {
        let properties: &[_] =
            if self.kind == Inbound::Catch { &[("correlationKeyExpression", "=body.key")] } else { &[] };
        let model = Model::new(&self.process)
            .inbound(self.kind, "arrived", &self.queue.url, properties)
            .job("work")
            .node("endEvent", "end")
            .flow(&["arrived", "work", "end"]);
        let name = format!("{}-order", self.process);
        let model = match self.kind {
            Inbound::Catch => model.node("startEvent", "begin").flow(&["begin", "arrived"]).message(
                "arrived",
                &name,
                Some("=waitsFor"),
            ),
            _ => model.message("arrived", &name, None),
        };
        model.xml()
    }

    /// Starts the instances that wait for the messages.
    async fn wait_for_messages(&self, engine: &Engine) {
        if self.kind != Inbound::Catch {
            return;
        }
        let create = |seq| async move {
            engine.create(&self.process, &json!({"waitsFor": format!("k-{seq}")})).await.map(|_| ())
        };
        stream::iter(self.numbers.clone())
            .map(create)
            .buffer_unordered(50)
            .try_collect::<()>()
            .await
            .unwrap();
    }

    /// How many instances got each message.
    async fn accepted(&self, engine: &Engine) -> BTreeMap<usize, usize> {
        let mut instances: BTreeSet<(usize, i64)> = BTreeSet::new();
        loop {
            let jobs =
                engine.activate(&Model::job_type(&self.process, "work"), 500, Duration::from_secs(1)).await;
            let jobs = jobs.unwrap();
            if jobs.is_empty() {
                return tally(instances.into_iter().map(|(seq, _)| seq));
            }
            for job in jobs {
                let variables: Value = serde_json::from_str(&job.variables).unwrap();
                let seq = usize::try_from(variables["seq"].as_u64().unwrap()).unwrap();
                if self.kind == Inbound::Catch {
                    assert_eq!(variables["waitsFor"], variables["key"], "another one's message");
                }
                instances.insert((seq, job.process_instance_key));
            }
        }
    }
}

/// How many messages are left.
async fn left(lanes: &[Lane]) -> usize {
    let depths = try_join_all(lanes.iter().map(|lane| lane.queue.depth())).await.unwrap();
    depths.into_iter().map(|(visible, flying)| visible + flying).sum()
}

async fn wait_until_left(lanes: &[Lane], wanted: usize, connector: &Connector) {
    let work = async {
        while left(lanes).await > wanted {
            sleep(PAUSE).await;
        }
    };
    if timeout(PATIENCE, work).await.is_err() {
        panic!(
            "{} left, {wanted} wanted; the connector says:\n{}",
            left(lanes).await,
            connector.last_words()
        );
    }
}

/// Kills the broker, which its keeper starts again, and returns when it is dead.
async fn kill_broker() {
    let switch = PathBuf::from(std::env::var("E2E_ZEEBE_KILL").expect("run `cargo xtask e2e`"));
    std::fs::write(&switch, "").unwrap();
    while switch.exists() {
        sleep(PAUSE).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn kills_of_the_connector_and_the_broker_in_turn_lose_nothing_and_double_no_message_point() {
    let (kills, messages) = (size("CRASH_KILLS", 2), size("CRASH_MESSAGES", 2_000));
    let mut random = Random::new(size("CRASH_SEED", 1) as u64);
    let servers = Servers::handed_in().unwrap();
    let engine = servers.engine().await.unwrap();
    let (a, b) = (messages * 2 / 5, messages * 4 / 5);
    let lanes = [
        Lane::new(&servers, Inbound::Start, 0..a).await,
        Lane::new(&servers, Inbound::MessageStart, a..b).await,
        Lane::new(&servers, Inbound::Catch, b..messages).await,
    ];
    let names = ["start.bpmn", "message-start.bpmn", "catch.bpmn"];
    let models: Vec<_> = names.into_iter().zip(lanes.iter().map(Lane::bpmn)).collect();
    let start = || {
        Connector::start(&servers, &models, &[("SQS_CONNECTOR_OUTBOUND_ENABLED", "false".to_owned())])
            .unwrap()
    };
    let mut connector = start();
    for lane in &lanes {
        connector.wait_for_log(&lane.process).await.unwrap();
        lane.wait_for_messages(&engine).await;
    }
    join_all(lanes.iter().map(|lane| fill(&lane.queue, lane.numbers.clone()))).await;

    let (began, mut outages) = (Instant::now(), Vec::new());
    let share = u64::try_from(messages / (kills + 1)).unwrap();
    let mut wanted = left(&lanes).await;
    for number in 0..kills {
        wanted = wanted.saturating_sub(usize::try_from(1 + random.below(share)).unwrap());
        wait_until_left(&lanes, wanted, &connector).await;
        wanted = left(&lanes).await;
        assert!(wanted > 0, "killed after the work was done");
        if number % 2 == 0 {
            connector.kill().unwrap();
            connector = start();
        } else {
            let killed = Instant::now();
            kill_broker().await;
            wait_until_left(&lanes, wanted.saturating_sub(100), &connector).await;
            outages.push(killed.elapsed().as_secs());
        }
    }
    wait_until_left(&lanes, 0, &connector).await;
    println!(
        "outages: {kills} kills, {messages} messages, {} s; seconds from a broker's end to the next 100 messages: {outages:?}",
        began.elapsed().as_secs()
    );
    for lane in &lanes {
        let accepted = lane.accepted(&engine).await;
        println!("  {:?}: {} accepted, {} doubled", lane.kind, accepted.len(), doubled(&accepted));
        assert_eq!(accepted.keys().copied().collect::<Vec<_>>(), lane.numbers.clone().collect::<Vec<_>>());
        assert!(lane.kind == Inbound::Start || doubled(&accepted) == 0, "a message id was accepted twice");
    }
    assert_eq!(connector.stop().await.unwrap(), 0);
}
