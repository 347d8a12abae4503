//! Panics: where, and only what a program's own text says. A message that was put together may hold a secret.

use anyhow::{Result, anyhow};
use std::panic::{self, PanicHookInfo};
use tokio::runtime::Runtime;

/// From here on no panic shows a text that was put together, for instance of the value that it is about.
pub(crate) fn hide_values() {
    panic::set_hook(Box::new(report));
}

/// Runs a future on a worker thread and waits for its end.
///
/// On the main thread each job would wake that, only to be handed on to a worker.
pub(crate) fn on_worker<T: Send + 'static>(
    executor: &Runtime,
    future: impl Future<Output = Result<T>> + Send + 'static,
) -> Result<T> {
    // The error of the task repeats the panic's message.
    executor.block_on(executor.spawn(future)).unwrap_or_else(|_| Err(anyhow!("the connector broke")))
}

fn report(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    let said = panic.payload().downcast_ref::<&'static str>();
    let said = said.unwrap_or(&"(not shown: it may hold a secret)");
    if tracing::dispatcher::has_been_set() {
        tracing::error!(place, "a task broke: {said}");
    } else {
        eprintln!("error: broke at {place}: {said}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{commands::executor, logging};
    use connector_runtime::LogSettings;
    use std::{env, process::Command};

    const CANARY: &str = "canary-held-0006";
    /// Set in the process that breaks, to the format of its log.
    const BREAKS: &str = "SQS_CONNECTOR_TEST_BREAKS";

    #[test]
    fn a_panic_says_where_and_never_what_was_held() {
        if let Ok(format) = env::var(BREAKS) {
            return break_in_every_way(format);
        }
        for format in ["none", "text", "json"] {
            let mut itself = Command::new(env::current_exe().unwrap());
            itself.args([
                "--exact",
                "panics::tests::a_panic_says_where_and_never_what_was_held",
                "--nocapture",
            ]);
            let output = itself.env(BREAKS, format).output().unwrap();
            let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
            assert!(output.status.success(), "{said}");
            assert_eq!(said.matches("src/panics.rs:").count(), 4, "{said}");
            assert!(said.contains("nothing of a value") && said.contains("the connector broke"), "{said}");
            assert!(!said.contains(CANARY), "{said}");
        }
    }

    #[allow(clippy::string_slice, reason = "this is how it breaks")]
    fn break_in_every_way(format: String) {
        if format != "none" {
            logging::start(&LogSettings { level: "trace".to_owned(), format }).unwrap();
        }
        hide_values();
        let executor = executor(None).unwrap();
        let held = format!("ü{CANARY}");
        let sliced = held.clone();
        // The standard library's own message repeats the text.
        let slicing = executor.spawn(async move { sliced[1..].len() });
        let task = format!("{}", executor.block_on(slicing).unwrap_err().is_panic());
        let literal = executor.spawn(async { panic!("nothing of a value") });
        executor.block_on(literal).unwrap_err();
        let thread = held.clone();
        std::thread::spawn(move || panic!("{thread}")).join().unwrap_err();
        let error = on_worker::<()>(&executor, async move { panic!("{held}") }).unwrap_err();
        eprintln!("{task} {error:#}");
    }
}
