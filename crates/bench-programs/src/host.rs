//! Runs a program until its standard input ends, and counts its allocations on request.

use crate::{CountAllocations, world::World};
use anyhow::{Context, Result, bail};
use std::{future::Future, io::BufRead, thread};
use tokio::{
    runtime::{Builder, Runtime},
    sync::mpsc,
    task::JoinHandle,
};

/// Runs a program as tokio does by itself, on a worker thread for each core; counting, on this thread alone.
pub(crate) fn run(
    program: impl Future<Output = Result<()>> + Send + 'static,
    counts: Option<CountAllocations>,
) -> Result<()> {
    let mut lines = standard_input();
    if let Some(counts) = counts {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let mut program = runtime.spawn(program);
        return count(counts, &mut lines, &mut program, |task| runtime.block_on(task));
    }
    until_told(&Builder::new_multi_thread().enable_all().build()?, lines, program)
}

/// Runs a program that only waits for its peers: on one thread, as the Java client runs its handlers by default.
pub(crate) fn run_on_one_thread(program: impl Future<Output = Result<()>> + Send + 'static) -> Result<()> {
    until_told(&Builder::new_current_thread().enable_all().build()?, standard_input(), program)
}

/// Runs a program until standard input says something or ends.
fn until_told(
    runtime: &Runtime,
    mut lines: mpsc::Receiver<String>,
    program: impl Future<Output = Result<()>> + Send + 'static,
) -> Result<()> {
    runtime.block_on(async {
        let mut program = tokio::spawn(program);
        next(&mut lines, &mut program).await.map(drop)
    })
}

/// Does what each line says, and prints the answer.
pub(crate) fn world(gateway: Option<String>) -> Result<()> {
    let mut lines = standard_input();
    let runtime = Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let world = World::start(gateway).await?;
        println!("{}", world.addresses());
        while let Some(line) = lines.recv().await {
            let order = serde_json::from_str(&line).with_context(|| format!("cannot read {line}"))?;
            println!("{}", world.follow(order).await?);
        }
        Ok(())
    })
}

/// Answers each line with the allocations since the line before; all tasks run on this thread, inside of the measurement.
fn count(
    counts: CountAllocations,
    lines: &mut mpsc::Receiver<String>,
    program: &mut JoinHandle<Result<()>>,
    mut block_on: impl FnMut(Next<'_>) -> Result<Option<String>>,
) -> Result<()> {
    let mut running = true;
    while running {
        let mut ended = Ok(None);
        let counted = counts(&mut || ended = block_on(Box::pin(next(lines, program))));
        running = ended?.is_some();
        if running {
            println!("{counted}");
        }
    }
    Ok(())
}

type Next<'a> = std::pin::Pin<Box<dyn Future<Output = Result<Option<String>>> + 'a>>;

/// The next line; an error when the program ends by itself.
async fn next(
    lines: &mut mpsc::Receiver<String>,
    program: &mut JoinHandle<Result<()>>,
) -> Result<Option<String>> {
    // Both arms only wait; neither loses anything.
    tokio::select! {
        line = lines.recv() => Ok(line),
        ended = program => match ended? {
            Ok(()) => bail!("the program ended by itself"),
            Err(error) => Err(error),
        },
    }
}

fn standard_input() -> mpsc::Receiver<String> {
    let (sender, lines) = mpsc::channel(1);
    thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    lines
}
