//! From a queue to the engine: the connector beside a loop of receive, publish and delete.

use super::{
    models, programs,
    report::{Table, Targets, real},
    world::World,
};
use crate::services;
use anyhow::Result;
use std::{fs, process::Command, thread, time::Duration};

const MESSAGES: usize = 50_000;
const ROUNDS: usize = 2;
const MESSAGES_REAL: usize = 4_000;
const ROUNDS_REAL: usize = 4;
/// The broker is a Java program.
const WARM_UP_REAL: usize = 2;
const QUEUES: usize = 200;
/// Twice as long as a receive waits.
const IDLE: Duration = Duration::from_secs(40);

const CPU_TARGET: f64 = 1.3;
const REQUESTS_TARGET: f64 = 220.0;
const RATE_TARGET: f64 = 0.9;
const MEMORY_TARGET: f64 = 120.0;

/// What a side did and used in all rounds that count.
#[derive(Default)]
struct Score {
    messages: usize,
    seconds: f64,
    cpu_seconds: f64,
    requests: f64,
}

impl Score {
    fn rate(&self) -> f64 {
        real(self.messages) / self.seconds
    }

    fn cpu(&self) -> f64 {
        self.cpu_seconds * 1_000.0 / real(self.messages)
    }

    fn requests(&self) -> f64 {
        self.requests * 1_000.0 / real(self.messages)
    }
}

/// Both loads on both sides, then many idle queues.
pub(crate) fn run() -> Result<()> {
    programs::build()?;
    let mut targets = Targets::default();
    let mut world = World::start(None)?;
    let [ours, floor] = play(&mut world, MESSAGES, ROUNDS, 0)?;
    table("servers of the test kit", &ours, &floor);
    targets.at_most("CPU time, of the floor's", ours.cpu() / floor.cpu(), CPU_TARGET);
    targets.at_most("SQS requests for 1,000 messages", ours.requests(), REQUESTS_TARGET);
    drop(world);

    let zeebe = services::zeebe(services::ZEEBE)?;
    let mut world = World::start(Some(&zeebe.address))?;
    let [ours, floor] = play(&mut world, MESSAGES_REAL, ROUNDS_REAL, WARM_UP_REAL)?;
    table("Zeebe 8.6.0", &ours, &floor);
    targets.at_least("messages/s, of the floor's", ours.rate() / floor.rate(), RATE_TARGET);
    drop((world, zeebe));

    idle(&mut targets)?;
    targets.conclude()
}

/// Both sides in turn, each with a queue of its own that is full when it starts; the first rounds only warm up.
fn play(world: &mut World, messages: usize, rounds: usize, warm_up: usize) -> Result<[Score; 2]> {
    let mut scores = [Score::default(), Score::default()];
    for round in 0..rounds + warm_up {
        let is_practice = round < warm_up;
        println!(
            "{}",
            if is_practice { "warming up".to_owned() } else { format!("round {}", round + 1 - warm_up) }
        );
        let mut sides: Vec<_> = ["ours", "floor"].into_iter().zip(&mut scores).collect();
        // A broker grows faster while it runs: nobody shall always come second.
        if round % 2 == 1 {
            sides.reverse();
        }
        for (name, score) in sides {
            let mut practice = Score::default();
            let score = if is_practice { &mut practice } else { score };
            let id = format!("bench-{name}-{round}");
            one(world, name, &id, messages, score)?;
        }
    }
    Ok(scores)
}

fn one(world: &mut World, name: &str, id: &str, messages: usize, score: &mut Score) -> Result<()> {
    let queue = world.queue(id)?;
    let model = models::inbound(id, id, &queue);
    world.deploy(&model)?;
    world.messages(id, messages)?;
    let folder = tempfile::tempdir()?;
    fs::write(folder.path().join("ours.bpmn"), &model)?;
    let mut command: Command = match name {
        "ours" => programs::connector(world, folder.path()),
        _ => programs::beside(&[
            "inbound-floor",
            "--gateway",
            &world.gateway,
            "--message-name",
            id,
            "--queue",
            &queue,
        ]),
    };
    let program = programs::start(&mut command)?;
    // The first tenth belongs to the start: deployment, connections.
    let start = messages / 10;
    world.deleted(id, start)?;
    let (cpu, requests) = (program.cpu_seconds()?, world.requests()?);
    let seconds = world.deleted(id, messages)?;
    let cpu = program.cpu_seconds()? - cpu;
    score.messages += messages - start;
    score.seconds += seconds;
    score.cpu_seconds += cpu;
    score.requests += world.requests()? - requests;
    println!("  {name:5} {:6.0} messages/s, {cpu:.2} s of CPU", real(messages - start) / seconds);
    Ok(())
}

fn table(title: &str, ours: &Score, floor: &Score) {
    let mut table = Table::new(&["", "messages/s", "CPU s/1,000", "SQS requests/1,000"]);
    for (name, score) in [("ours", ours), ("floor", floor)] {
        table.row(name, &[score.rate(), score.cpu(), score.requests()].map(Some));
    }
    table.print(title);
}

/// Many consumers that have nothing to do.
fn idle(targets: &mut Targets) -> Result<()> {
    let mut world = World::start(None)?;
    let folder = tempfile::tempdir()?;
    for number in 0..QUEUES {
        let id = format!("idle-{number}");
        let queue = world.queue(&id)?;
        fs::write(folder.path().join(format!("{id}.bpmn")), models::inbound(&id, &id, &queue))?;
    }
    let program = programs::start(&mut programs::connector(&world, folder.path()))?;
    thread::sleep(IDLE);
    let (requests, cpu) = (world.requests()?, program.cpu_seconds()?);
    thread::sleep(IDLE);
    let minutes = IDLE.as_secs_f64() / 60.0;
    let requests = (world.requests()? - requests) / minutes / real(QUEUES);
    let cpu = (program.cpu_seconds()? - cpu) / minutes;
    let memory = program.resident_mebibytes()?;
    let mut table = Table::new(&["", "resident MiB", "SQS requests/minute/queue", "CPU s/minute"]);
    table.row("ours", &[memory, requests, cpu].map(Some));
    table.print(&format!("{QUEUES} idle queues in one process"));
    targets.at_most("resident MiB", memory, MEMORY_TARGET);
    Ok(())
}
