//! From a job to a sent message: the connector beside the calls that it cannot do without.

use super::{
    contest::{self, Load, Side},
    models, programs,
    report::Targets,
    world::World,
};
use crate::process::Dialogue;
use anyhow::Result;
use std::{fs, path::Path};
use tempfile::TempDir;

const ROUNDS: usize = 3;
/// Each job is there only when the one before is done: nothing can travel together.
const LONE: Load = Load { instances: 4_000, at_once: 1, jobs_an_instance: 1 };
/// 1,000 jobs wait at any time.
const WAITING: Load = Load { instances: 30_000, at_once: 1_000, jobs_an_instance: 1 };
const COUNTED: usize = 1_000;
const JOB_TYPE: &str = "io.camunda:aws-sqs:1";
const FLOOR: &str = "bench-floor";
const OURS: &str = "bench-ours";

/// Our CPU time in parts of the floor's.
const LONE_TARGET: f64 = 1.3;
const BATCHED_TARGET: f64 = 0.5;
const REQUESTS_TARGET: f64 = 150.0;
/// How much longer a lone job may take than at the floor, in milliseconds.
const LATENCY_TARGET: f64 = 0.5;

/// Runs both loads on both sides.
pub(crate) fn run() -> Result<()> {
    programs::build()?;
    let mut world = World::start(None)?;
    let queue = world.queue("orders")?;
    world.deploy(&models::outbound(FLOOR, FLOOR, &queue))?;
    let folder = tempfile::tempdir()?;
    fs::write(folder.path().join("ours.bpmn"), models::outbound(OURS, JOB_TYPE, &queue))?;

    let allocations = allocations(&mut world, folder.path(), &queue)?;
    let sides = start(&mut world, &folder, &queue)?;
    let lone = contest::play(&mut world, &sides, LONE, ROUNDS)?;
    let waiting = contest::play(&mut world, &sides, WAITING, ROUNDS)?;

    let ([one, many], mut targets) = (allocations, Targets::default());
    contest::table("one job at a time, each sent alone", &sides, &lone, Some(one));
    contest::table("1,000 jobs waiting, one queue", &sides, &waiting, Some(many));
    let ([ours, floor], [ours_busy, floor_busy]) = (&lone, &waiting);
    targets.at_most("CPU time of lone jobs, of the floor's", ours.cpu() / floor.cpu(), LONE_TARGET);
    targets.at_most("milliseconds that a lone job takes longer", ours.p50() - floor.p50(), LATENCY_TARGET);
    targets.at_most(
        "CPU time with batches, of the floor's",
        ours_busy.cpu() / floor_busy.cpu(),
        BATCHED_TARGET,
    );
    targets.at_most("SQS requests for 1,000 messages under load", ours_busy.requests(), REQUESTS_TARGET);
    targets.conclude()
}

fn start(world: &mut World, folder: &TempDir, queue: &str) -> Result<[Side; 2]> {
    let ours = programs::start(&mut programs::connector(world, folder.path()))?;
    let floor = programs::start(&mut programs::beside(&floor(&world.gateway, queue)))?;
    world.listened(JOB_TYPE)?;
    world.listened(FLOOR)?;
    Ok([Side::new("ours", ours, OURS), Side::new("floor", floor, FLOOR)])
}

fn floor<'a>(gateway: &'a str, queue: &'a str) -> [&'a str; 7] {
    ["outbound-floor", "--gateway", gateway, "--job-type", FLOOR, "--queue", queue]
}

/// Allocations a job of both sides, for lone and for waiting jobs.
fn allocations(world: &mut World, processes: &Path, queue: &str) -> Result<[[f64; 2]; 2]> {
    let (mut one, mut many) = ([0.0; 2], [0.0; 2]);
    let mut ours = programs::counted_connector(world, processes);
    let mut floor = programs::counting(&floor(&world.gateway, queue));
    let programs = [(&mut ours, JOB_TYPE, OURS), (&mut floor, FLOOR, FLOOR)];
    for ((command, job_type, process), (one, many)) in programs.into_iter().zip(one.iter_mut().zip(&mut many))
    {
        let mut program = Dialogue::start(command)?;
        world.listened(job_type)?;
        *one = programs::allocations(&mut program, COUNTED, |count| {
            world.instances(process, count, LONE.at_once).map(drop)
        })?;
        *many = programs::allocations(&mut program, COUNTED * 4, |count| {
            world.instances(process, count, WAITING.at_once).map(drop)
        })?;
    }
    Ok([one, many])
}
