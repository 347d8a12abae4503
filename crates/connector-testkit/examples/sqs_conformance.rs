//! Runs the list of SQS behaviours against any endpoint: `sqs_conformance http://127.0.0.1:9324`; key and secret `test`.

use std::process::ExitCode;

use connector_testkit::sqs::conformance::{Target, run};

fn main() -> ExitCode {
    let Some(endpoint) = std::env::args().nth(1) else {
        eprintln!("usage: sqs_conformance ENDPOINT");
        return ExitCode::from(2);
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("cannot start: {error}");
            return ExitCode::from(2);
        }
    };
    let outcomes = runtime.block_on(run(&Target::new(endpoint)));
    for (name, outcome) in &outcomes {
        match outcome {
            Ok(()) => println!("ok        {name}"),
            Err(deviation) => println!("DEVIATES  {name}: {deviation:.200}"),
        }
    }
    let deviations = outcomes.iter().filter(|(_, outcome)| outcome.is_err()).count();
    println!("{} of {} passed", outcomes.len() - deviations, outcomes.len());
    if deviations == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
