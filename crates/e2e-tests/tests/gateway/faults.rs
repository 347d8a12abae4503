//! What a fault costs on the real broker: how many calls while it lasts, and how long after it until the next job is
//! done. All faults but the broker's death happen at the same time, each before a worker of its own.

use crate::{
    kit::{Kit, TASK, handed_in},
    proxy::{Passage, Proxy},
};
use connector_core::{Engine, EngineErrorCode, JobSource, RawJson};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep, sleep_until, timeout},
};
use tonic::Code;
use zeebe_gateway::{GatewayClient, GatewayOptions, JobWorker, JobWorkerOptions};

/// How long after a fault the next job may take.
const RECOVERY: Duration = Duration::from_secs(10);
/// For how long a job is a worker's: what a fault swallowed comes back after this.
const JOB_TIMEOUT: Duration = Duration::from_secs(75);
/// How long a job may stay away that a fault swallowed.
const RETURN: Duration = Duration::from_secs(150);
const UNDER_WAY: u32 = 20;

struct Case {
    name: &'static str,
    lasts: u32,
    begin: fn(&Proxy),
    end: fn(&Proxy),
}

fn refuse(proxy: &Proxy, passage: Passage) {
    proxy.pass(passage);
    // Nor is the stream left open.
    proxy.reset();
}

fn cases() -> [Case; 6] {
    let open: fn(&Proxy) = |proxy| proxy.pass(Passage::Open);
    [
        Case { name: "GOAWAY", lasts: 0, begin: Proxy::go_away, end: |_| {} },
        Case {
            name: "connection reset in the middle of the stream",
            lasts: 0,
            begin: Proxy::reset,
            end: |_| {},
        },
        Case {
            name: "silent stall",
            lasts: 60,
            begin: |proxy| proxy.set_silent(true),
            end: |proxy| proxy.set_silent(false),
        },
        Case {
            name: "RESOURCE_EXHAUSTED",
            lasts: 30,
            begin: |proxy| {
                refuse(proxy, Passage::Refused { code: Code::ResourceExhausted, pushed_back_only: true });
            },
            end: open,
        },
        Case {
            name: "UNAVAILABLE",
            lasts: 30,
            begin: |proxy| {
                refuse(proxy, Passage::Refused { code: Code::Unavailable, pushed_back_only: false })
            },
            end: open,
        },
        Case {
            name: "504 text from a proxy",
            lasts: 30,
            begin: |proxy| refuse(proxy, Passage::Page(504)),
            end: open,
        },
    ]
}

/// When each job, by its number, was done for the first time.
#[derive(Clone, Default)]
struct Done(Arc<Mutex<BTreeMap<u64, Instant>>>);

impl Done {
    fn count(&self) -> u64 {
        u64::try_from(self.0.lock().unwrap().len()).unwrap()
    }

    async fn reaches(&self, count: u32, patience: Duration, what: &str) {
        let reached = async {
            while self.count() < u64::from(count) {
                sleep(Duration::from_millis(20)).await;
            }
        };
        let came = timeout(patience, reached).await;
        came.unwrap_or_else(|_| panic!("{what}: {} of {count} jobs were done", self.count()));
    }

    async fn includes(&self, number: u32, patience: Duration, what: &str) -> Instant {
        let included = async {
            loop {
                let done = self.0.lock().unwrap().get(&u64::from(number)).copied();
                if let Some(done) = done {
                    return done;
                }
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(patience, included).await.unwrap_or_else(|_| panic!("{what}: the next job is late"))
    }
}

/// A worker behind a fault, and somebody beside it who creates jobs.
struct Scene {
    name: &'static str,
    kit: Kit,
    client: GatewayClient,
    worker: zeebe_gateway::JobWorkerHandle,
    done: Done,
    working: tokio::task::JoinHandle<()>,
}

impl Scene {
    /// The worker's client goes to this address; jobs are created on the gateway itself.
    async fn start(name: &'static str, address: &str) -> Self {
        let kit = Kit::start(TASK).await;
        let client = GatewayClient::connect(GatewayOptions::new(address)).await.unwrap();
        let worker = client.worker(JobWorkerOptions { timeout: JOB_TIMEOUT, ..kit.options() }).unwrap();
        let (handle, done) = (worker.handle(), Done::default());
        let working = tokio::spawn(work(client.clone(), worker, done.clone()));
        let scene = Self { name, kit, client, worker: handle, done, working };
        // The stream is open when it has brought something.
        while scene.worker.metrics().streamed.get() == 0 {
            let number = u32::try_from(scene.done.count()).unwrap() + 1_000;
            scene.create(number, Duration::ZERO).await;
            scene.done.includes(number, RECOVERY, name).await;
        }
        scene
    }

    /// A job that takes a while.
    async fn create(&self, number: u32, work: Duration) {
        let variables = json!({"number": number, "work": u64::try_from(work.as_millis()).unwrap()});
        self.kit.client.create(self.kit.instance(&variables.to_string())).await.unwrap();
    }

    /// Calls so far without those that completed a job.
    fn in_vain(&self) -> u64 {
        self.client.metrics().calls.get() - self.done.count()
    }

    /// Jobs that are under way when the fault begins and end one after the other while it lasts.
    async fn prepare(&self, lasts: Duration) {
        let warm = u32::try_from(self.done.count()).unwrap();
        for number in 0..UNDER_WAY {
            let part = lasts.mul_f64(f64::from(number) / f64::from(UNDER_WAY));
            self.create(number, Duration::from_secs(2) + part).await;
        }
        let under_way = async {
            while self.worker.metrics().activated() < u64::from(warm + UNDER_WAY) {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(RECOVERY, under_way).await.unwrap_or_else(|_| panic!("{}: no jobs come", self.name));
    }

    /// The next job, created now; gives how long it takes, and waits until all jobs are done.
    async fn recover(self, created: u32) -> Duration {
        let warm = self.done.0.lock().unwrap().range(1_000..).count();
        let number = 500;
        self.create(number, Duration::ZERO).await;
        // How soon a broker that has just come back takes a command is not the worker's doing.
        let end = Instant::now();
        let recovery = self.done.includes(number, RECOVERY, self.name).await - end;
        self.done.reaches(u32::try_from(warm).unwrap() + created + 1, RETURN, self.name).await;
        assert!(self.worker.shutdown(RECOVERY).await.is_complete());
        self.working.await.unwrap();
        recovery
    }
}

async fn work(client: GatewayClient, mut worker: JobWorker, done: Done) {
    let mut running = JoinSet::new();
    while let Some(activated) = worker.next().await {
        let (client, done) = (client.clone(), done.clone());
        running.spawn(async move {
            let variables: Value = serde_json::from_str(activated.job.variables.as_str()).unwrap();
            sleep(Duration::from_millis(variables["work"].as_u64().unwrap())).await;
            match client.complete(activated.job.lease, RawJson::empty_object()).await {
                // NOT_FOUND: the answer to an earlier attempt was lost.
                Err(error) if error.code != EngineErrorCode::NotFound => eprintln!("not completed: {error}"),
                _ => {
                    let number = variables["number"].as_u64().unwrap();
                    done.0.lock().unwrap().entry(number).or_insert_with(Instant::now);
                }
            }
        });
    }
    while let Some(ended) = running.join_next().await {
        ended.unwrap();
    }
}

/// One line of the table.
struct Cost {
    name: &'static str,
    lasted: Duration,
    calls: u64,
    recovery: Duration,
}

impl Cost {
    fn rate(&self) -> f64 {
        let calls = f64::from(u32::try_from(self.calls).unwrap());
        if self.lasted.is_zero() { 0.0 } else { calls / self.lasted.as_secs_f64() }
    }

    fn show(&self) {
        let (name, lasted) = (self.name, self.lasted.as_secs_f64());
        println!("{name:45} | {lasted:4.0} s | {:7.2} | {:5.2} s", self.rate(), self.recovery.as_secs_f64());
    }
}

async fn suffer(case: Case) -> Cost {
    let proxy = Proxy::start(&handed_in("E2E_ZEEBE")).await;
    let scene = Scene::start(case.name, &proxy.address).await;
    let lasts = Duration::from_secs(u64::from(case.lasts));
    scene.prepare(lasts).await;
    let (before, end) = (scene.in_vain(), Instant::now() + lasts);
    (case.begin)(&proxy);
    let mut created = UNDER_WAY;
    // A job every other second that the worker cannot know of.
    while Instant::now() + Duration::from_secs(2) < end {
        scene.create(created, Duration::ZERO).await;
        created += 1;
        sleep(Duration::from_secs(2)).await;
    }
    sleep_until(end).await;
    let calls = (scene.in_vain() - before).max(u64::from(proxy.refused()));
    (case.end)(&proxy);
    Cost { name: case.name, lasted: lasts, calls, recovery: scene.recover(created).await }
}

/// The broker dies and comes back with its data; the fault ends when it leads its partition again.
async fn survive() -> Cost {
    let (name, address) = ("broker SIGKILL, back with its data", handed_in("E2E_ZEEBE"));
    let scene = Scene::start(name, &address).await;
    scene.prepare(Duration::from_secs(15)).await;
    let (before, begin) = (scene.in_vain(), Instant::now());
    let switch = handed_in("E2E_ZEEBE_KILL");
    std::fs::write(&switch, "").unwrap();
    while Path::new(&switch).exists() {
        sleep(Duration::from_millis(10)).await;
    }
    let back = async {
        // A client of its own: the one under test must not be helped.
        let witness = GatewayClient::connect(GatewayOptions::new(address)).await.unwrap();
        while !witness.topology().await.is_ok_and(|topology| topology.led_partitions() == 1) {
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(Duration::from_secs(120), back).await.expect("the broker comes back");
    let (calls, lasted) = (scene.in_vain() - before, begin.elapsed());
    Cost { name, lasted, calls, recovery: scene.recover(UNDER_WAY).await }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_every_fault_the_next_job_is_done_in_time_nothing_is_lost_and_nobody_was_flooded() {
    let mut suffering = JoinSet::new();
    for case in cases() {
        suffering.spawn(suffer(case));
    }
    let mut costs = Vec::new();
    while let Some(cost) = suffering.join_next().await {
        costs.push(cost.unwrap());
    }
    check(&costs);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_brokers_death_the_next_job_is_done_in_time_nothing_is_lost_and_nobody_was_flooded() {
    check(&[survive().await]);
}

fn check(costs: &[Cost]) {
    println!("{:45} | lasted | calls/s | next job done after", "fault");
    costs.iter().for_each(Cost::show);
    for cost in costs {
        assert!(cost.rate() <= 1.0, "{}: {} calls a second", cost.name, cost.rate());
        assert!(cost.recovery <= RECOVERY, "{}: {:?}", cost.name, cost.recovery);
    }
}
