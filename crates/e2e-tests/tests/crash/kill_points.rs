//! Kills at labelled points of a message's way, under load.
//!
//! The servers are the test kit's and decide when a point is reached: they hold what must not happen before the kill,
//! and see when what belongs to the point has happened. The binary knows nothing of it.

use crate::{
    orders::{doubled, fill, size, tally},
    random::Random,
};
use connector_testkit::{
    gateway::{Fault as EngineFault, GatewayServer, GatewayServerOptions, GatewayView, Loss, Rpc},
    sqs::{Fault, FaultEffect, Operation, SqsServer, SqsServerOptions},
};
use e2e_tests::{Connector, Inbound, Model, Queue, Servers};
use std::{collections::BTreeMap, time::Duration};
use tokio::time::timeout;

/// How a message goes, and where its process is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Point {
    /// SQS has handed out messages.
    AfterReceive,
    /// The command is there, and the engine has not looked at it.
    AfterEvaluation,
    /// The engine has taken the command, and its answer does not come.
    SentWithoutAnswer,
    /// The connector has the answer and asks for the delete, which does not happen.
    BeforeDelete,
    /// The messages are deleted, and the answer does not come.
    DuringDelete,
}

const POINTS: [Point; 5] = [
    Point::AfterReceive,
    Point::AfterEvaluation,
    Point::SentWithoutAnswer,
    Point::BeforeDelete,
    Point::DuringDelete,
];
/// The calls that tell the engine of a message.
const COMMANDS: [Rpc; 2] = [Rpc::PublishMessage, Rpc::CreateProcessInstance];
/// How many messages are told to the engine between a start and the next kill, at most.
const WORK: u64 = 300;
/// The whole test, many times over: a point that is not reached fails instead of hanging.
const PATIENCE: Duration = Duration::from_secs(900);

struct World {
    gateway: GatewayServer,
    sqs: SqsServer,
    servers: Servers,
    /// One of a start event and one of a message start event.
    queues: [Queue; 2],
    processes: [String; 2],
}

impl World {
    async fn start() -> Self {
        let gateway = GatewayServer::start(GatewayServerOptions::default()).await.unwrap();
        let options = SqsServerOptions { recorded_requests: 0, ..SqsServerOptions::default() };
        let sqs = SqsServer::start(options).await.unwrap();
        let binary = Servers::binary_handed_in().unwrap();
        let servers = Servers { zeebe: gateway.address(), sqs: sqs.endpoint(), binary };
        let queues = [servers.queue("start").await.unwrap(), servers.queue("message").await.unwrap()];
        Self { gateway, sqs, servers, queues, processes: ["plain", "message"].map(str::to_owned) }
    }

    fn connector(&self) -> Connector {
        let [plain, message] = &self.processes;
        let [start_queue, message_queue] = &self.queues;
        let model = |id: &str, kind, queue: &Queue| {
            let model = Model::new(id).inbound(kind, "arrived", &queue.url, &[]).node("endEvent", "end");
            model.message("arrived", "order", None).flow(&["arrived", "end"]).xml()
        };
        let models = [
            ("plain.bpmn", model(plain, Inbound::Start, start_queue)),
            ("message.bpmn", model(message, Inbound::MessageStart, message_queue)),
        ];
        let quiet = [("SQS_CONNECTOR_OUTBOUND_ENABLED", "false".to_owned())];
        Connector::start(&self.servers, &models, &quiet).unwrap()
    }

    fn queue_sum(&self, figure: impl Fn(&SqsServer, &str) -> u64) -> u64 {
        self.queues.iter().map(|queue| figure(&self.sqs, queue.name())).sum()
    }

    fn received(&self) -> u64 {
        self.queue_sum(|sqs, queue| sqs.counters(queue).unwrap().received)
    }

    fn deleted(&self) -> u64 {
        self.queue_sum(|sqs, queue| sqs.counters(queue).unwrap().deleted)
    }

    fn left(&self) -> u64 {
        self.queue_sum(|sqs, queue| sqs.depth(queue).unwrap().total() as u64)
    }

    fn commands(&self) -> u64 {
        COMMANDS.iter().map(|rpc| self.gateway.calls(*rpc)).sum()
    }

    fn taken(&self) -> u64 {
        self.gateway.view(taken)
    }

    /// Waits until the engine has taken so many more commands.
    async fn work(&self, more: u64) {
        let wanted = self.taken() + more;
        self.gateway.wait_until(|view| taken(view) >= wanted).await;
    }

    /// Lets the servers hold what comes after the point, and waits until the point is reached.
    async fn reach(&self, point: Point, more: u64) {
        let fault_all = |fault: &EngineFault| {
            COMMANDS.iter().for_each(|rpc| self.gateway.faults().always(*rpc, fault.clone()));
        };
        let on_delete = |effect| Fault::new(effect).on(Operation::DeleteMessageBatch);
        match point {
            Point::AfterReceive => {
                let before = self.received();
                self.sqs.wait_until(|_| self.received() > before + more).await;
            }
            Point::AfterEvaluation => {
                fault_all(&EngineFault::Hang);
                let before = self.commands();
                self.gateway.wait_until(|_| self.commands() > before + more).await;
            }
            Point::SentWithoutAnswer => {
                fault_all(&EngineFault::AnswerLost(Loss::Hang));
                self.work(1 + more).await;
            }
            Point::BeforeDelete => {
                self.sqs.add_fault(on_delete(FaultEffect::None).delayed(PATIENCE));
                let deletes = || self.sqs.request_count(Operation::DeleteMessageBatch);
                let before = deletes();
                self.sqs.wait_until(|_| deletes() > before).await;
            }
            Point::DuringDelete => {
                self.sqs.add_fault(on_delete(FaultEffect::HoldAnswer));
                let before = self.deleted();
                self.sqs.wait_until(|_| self.deleted() > before).await;
            }
        }
    }

    fn let_go(&self) {
        self.gateway.faults().clear_all();
        self.sqs.clear_faults();
    }

    /// The numbers of the messages that instances of a process were started with.
    fn instances(&self, process: &str) -> BTreeMap<usize, usize> {
        let all = self.gateway.view(|view| view.instances());
        let ours = all.iter().filter(|instance| instance.bpmn_process_id == process);
        tally(ours.map(|instance| usize::try_from(instance.variables["seq"].as_u64().unwrap()).unwrap()))
    }
}

/// How many commands the engine has taken.
fn taken(view: &GatewayView<'_>) -> u64 {
    // A message start's message is one command and one instance.
    view.counts().messages_published + view.counts().messages_refused + view.counts().instances_created
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_at_any_point_loses_nothing_and_doubles_no_message_point() {
    let (kills, messages) = (size("CRASH_POINTS", 10), size("CRASH_POINT_MESSAGES", 4_000));
    let seed = size("CRASH_SEED", 1) as u64;
    timeout(PATIENCE, kill_at_points(kills, messages, seed)).await.expect("a point was not reached");
}

async fn kill_at_points(kills: usize, messages: usize, seed: u64) {
    let (world, mut random) = (World::start().await, Random::new(seed));
    let mut points: Vec<Point> = POINTS.into_iter().cycle().take(kills).collect();
    random.shuffle(&mut points);
    let [start_queue, message_queue] = &world.queues;
    let half = messages / 2;
    fill(start_queue, 0..half).await;
    fill(message_queue, half..messages).await;

    let mut killed: BTreeMap<Point, usize> = BTreeMap::new();
    for point in points {
        let connector = world.connector();
        world.work(1 + random.below(WORK)).await;
        world.reach(point, random.below(20)).await;
        connector.kill().unwrap();
        world.let_go();
        *killed.entry(point).or_default() += 1;
        assert!(world.left() > 0, "killed at {point:?} after the work was done");
    }
    let last = world.connector();
    world.sqs.wait_until(|_| world.left() == 0).await;
    assert_eq!(last.stop().await.unwrap(), 0);

    let [plain, message] = [&world.processes[0], &world.processes[1]].map(|id| world.instances(id));
    println!("kill points, seed {seed}: {killed:?}, {messages} messages");
    println!("  start event: {} accepted, {} doubled", plain.len(), doubled(&plain));
    println!("  message start event: {} accepted, {} doubled", message.len(), doubled(&message));
    let counters = world.gateway.view(|view| view.counts());
    println!(
        "  received {} times, deleted in {} requests; {} messages were published, {} refused as known",
        world.received(),
        world.sqs.request_count(Operation::DeleteMessageBatch),
        counters.messages_published,
        counters.messages_refused
    );
    assert_eq!(plain.keys().copied().collect::<Vec<_>>(), (0..half).collect::<Vec<_>>(), "lost");
    assert_eq!(message.keys().copied().collect::<Vec<_>>(), (half..messages).collect::<Vec<_>>(), "lost");
    assert_eq!(doubled(&message), 0, "a message id was accepted twice");
    assert_eq!(counters.messages_published, (messages - half) as u64);
}
