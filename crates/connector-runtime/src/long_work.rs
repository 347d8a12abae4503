//! Where work goes that keeps a thread for long, so that one worker thread is enough for everything else.

use std::sync::{Mutex, PoisonError};
use tokio::{
    runtime::{Handle, RuntimeFlavor},
    task::block_in_place,
};

/// One at a time: each may take much memory.
static TURN: Mutex<()> = Mutex::new(());

/// Runs it while other tasks go on, on a runtime of worker threads; elsewhere it runs as it stands.
pub(crate) fn run(work: &mut dyn FnMut()) {
    match Handle::try_current().map(|handle| handle.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => block_in_place(|| {
            let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
            work();
        }),
        _ => work(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use tokio::runtime::Builder;

    #[test]
    fn other_tasks_go_on_meanwhile_though_there_is_one_worker_thread() {
        let runtime = Builder::new_multi_thread().worker_threads(1).build().unwrap();
        let (other_task, from_other_task) = mpsc::channel();
        let long = runtime.spawn(async move {
            tokio::spawn(async move { other_task.send("went on") });
            let mut said = None;
            // Without another place this would wait for ever: the task that says it has this thread alone.
            run(&mut || said = from_other_task.recv().ok());
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
