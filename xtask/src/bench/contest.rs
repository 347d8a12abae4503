//! Rounds of the same load on two programs in turn, so that whatever else the machine does meets both.

use super::{
    report::{Table, real},
    world::{Times, World},
};
use crate::process::Process;
use anyhow::Result;

/// A program and the process whose jobs it works on.
pub(super) struct Side {
    name: &'static str,
    program: Process,
    process: String,
}

/// The load of one round.
#[derive(Clone, Copy)]
pub(super) struct Load {
    /// Process instances a round.
    pub(super) instances: usize,
    /// How many of them run at once.
    pub(super) at_once: usize,
    /// How many jobs an instance has.
    pub(super) jobs_an_instance: usize,
}

/// What a side did and used in all rounds that count.
#[derive(Default)]
pub(super) struct Score {
    jobs: usize,
    seconds: f64,
    cpu_seconds: f64,
    requests: f64,
    p50_millis: Vec<f64>,
    p99_millis: Vec<f64>,
}

impl Side {
    pub(super) fn new(name: &'static str, program: Process, process: impl Into<String>) -> Self {
        Self { name, program, process: process.into() }
    }

    fn round(&self, world: &mut World, load: Load, score: &mut Score) -> Result<()> {
        let (cpu, requests) = (self.program.cpu_seconds()?, world.requests()?);
        let times = world.instances(&self.process, load.instances, load.at_once)?;
        let cpu = self.program.cpu_seconds()? - cpu;
        score.add(load.instances * load.jobs_an_instance, cpu, world.requests()? - requests, times);
        let rate = real(load.instances * load.jobs_an_instance) / times.seconds;
        println!("  {:12} {rate:6.0} jobs/s, {cpu:.2} s of CPU", self.name);
        Ok(())
    }
}

impl Score {
    fn add(&mut self, jobs: usize, cpu_seconds: f64, requests: f64, times: Times) {
        self.jobs += jobs;
        self.seconds += times.seconds;
        self.cpu_seconds += cpu_seconds;
        self.requests += requests;
        self.p50_millis.push(times.p50_millis);
        self.p99_millis.push(times.p99_millis);
    }

    /// Jobs a second.
    pub(super) fn rate(&self) -> f64 {
        real(self.jobs) / self.seconds
    }

    /// Seconds of CPU time for 1,000 jobs.
    pub(super) fn cpu(&self) -> f64 {
        self.cpu_seconds * 1_000.0 / real(self.jobs)
    }

    /// SQS requests for 1,000 jobs.
    pub(super) fn requests(&self) -> f64 {
        self.requests * 1_000.0 / real(self.jobs)
    }

    /// The median of the rounds' medians, in milliseconds.
    pub(super) fn p50(&self) -> f64 {
        median(&self.p50_millis)
    }

    /// The median of the rounds' 99th percentiles, in milliseconds.
    pub(super) fn p99(&self) -> f64 {
        median(&self.p99_millis)
    }
}

/// Plays one round that does not count and then `rounds` that do, both sides in turn.
pub(super) fn play(world: &mut World, sides: &[Side; 2], load: Load, rounds: usize) -> Result<[Score; 2]> {
    let mut scores = [Score::default(), Score::default()];
    for round in 0..=rounds {
        println!(
            "{}",
            if round == 0 { "warming up".to_owned() } else { format!("round {round} of {rounds}") }
        );
        let mut turns: Vec<_> = sides.iter().zip(&mut scores).collect();
        // A broker grows faster while it runs: nobody shall always come second.
        if round % 2 == 1 {
            turns.reverse();
        }
        for (side, score) in turns {
            let mut practice = Score::default();
            side.round(world, load, if round == 0 { &mut practice } else { score })?;
        }
    }
    Ok(scores)
}

/// A table of both sides.
pub(super) fn table(title: &str, sides: &[Side; 2], scores: &[Score; 2], allocations: Option<[f64; 2]>) {
    let mut table = Table::new(&[
        "",
        "jobs/s",
        "p50 ms",
        "p99 ms",
        "CPU s/1,000",
        "SQS requests/1,000",
        "allocations/job",
    ]);
    for (place, (side, score)) in sides.iter().zip(scores).enumerate() {
        let requests = (score.requests > 0.0).then(|| score.requests());
        let allocations = allocations.and_then(|both| both.get(place).copied());
        let figures = [score.rate(), score.p50(), score.p99(), score.cpu()].map(Some);
        table.row(side.name, &[&figures[..], &[requests, allocations]].concat());
    }
    table.print(title);
}

fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}
