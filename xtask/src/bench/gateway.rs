//! The job worker alone: ours beside the official Java client's, on the real broker.

use super::{
    contest::{self, Load, Side},
    models, programs,
    report::Targets,
    world::World,
};
use crate::{jdk, services};
use anyhow::Result;

/// 40 instances of a hundred jobs each.
const LOAD: Load = Load { instances: 40, at_once: 8, jobs_an_instance: 100 };
const ROUNDS: usize = 4;
/// Our worker may take this part of the Java client's CPU time.
const CPU_TARGET: f64 = 0.2;

/// Lets both workers complete jobs that do nothing, in turn.
pub(crate) fn run() -> Result<()> {
    programs::build()?;
    let zeebe = services::zeebe(services::ZEEBE)?;
    let mut world = World::start(Some(&zeebe.address))?;
    let (ours, theirs) = ("bench-ours", "bench-java");
    for id in [ours, theirs] {
        world.deploy(&models::hundred_jobs(id))?;
    }
    let mut worker = programs::beside(&["worker", "--gateway", &zeebe.address, "--job-type", ours]);
    let mut java = jdk::program("gateway-worker", "GatewayWorker", &[])?;
    java.args([&zeebe.address, theirs]);
    let sides = [
        Side::new("ours", programs::start(&mut worker)?, ours),
        Side::new("Java client", programs::start(&mut java)?, theirs),
    ];
    let scores = contest::play(&mut world, &sides, LOAD, ROUNDS)?;
    let title = "jobs that do nothing, on Zeebe 8.6.0; p50 and p99 of instances of 100 jobs";
    contest::table(title, &sides, &scores, None);
    let [ours, theirs] = &scores;
    let mut targets = Targets::default();
    targets.at_least("jobs/s, of the Java client's", ours.rate() / theirs.rate(), 1.0);
    targets.at_most("CPU time, of the Java client's", ours.cpu() / theirs.cpu(), CPU_TARGET);
    targets.conclude()
}
