//! Where work goes that keeps a thread for long, so that short work goes on and one worker thread is enough for it.

use std::{sync::LazyLock, thread::available_parallelism};
use tokio::{
    runtime::{Handle, RuntimeFlavor},
    sync::Semaphore,
    task::block_in_place,
};

/// One for each core: more at once would be no faster, and each may take much memory.
static TURNS: LazyLock<Semaphore> =
    LazyLock::new(|| Semaphore::new(available_parallelism().map_or(1, Into::into)));

/// Runs it while other tasks go on, on a runtime of worker threads; elsewhere it runs as it stands.
pub(crate) fn run(work: &mut dyn FnMut()) {
    match Handle::try_current() {
        Ok(handle) if handle.runtime_flavor() == RuntimeFlavor::MultiThread => block_in_place(|| {
            // Nobody closes it.
            let _turn = handle.block_on(TURNS.acquire());
            work();
        }),
        _ => work(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{sync::mpsc, time::Duration};
    use tokio::runtime::Builder;

    #[test]
    fn other_tasks_go_on_meanwhile_though_there_is_one_worker_thread() {
        let runtime = Builder::new_multi_thread().worker_threads(1).build().unwrap();
        let (other_task, from_other_task) = mpsc::channel();
        let long = runtime.spawn(async move {
            tokio::spawn(async move { other_task.send("went on") });
            let mut said = None;
            // Without another place nothing could come: the task that sends it has this thread alone.
            run(&mut || said = from_other_task.recv_timeout(Duration::from_secs(60)).ok());
            said
        });
        assert_eq!(runtime.block_on(long).unwrap(), Some("went on"));
    }

    #[test]
    fn runs_as_it_stands_where_there_is_one_thread_or_no_runtime() {
        let mut runs = 0;
        run(&mut || runs += 1);
        Builder::new_current_thread().build().unwrap().block_on(async { run(&mut || runs += 1) });
        assert_eq!(runs, 2);
    }
}
