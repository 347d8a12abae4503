//! A secret that a placeholder brought in is in no command, whatever happens to the job.

use crate::support::{CANARY, Setup};
use connector_core::{ActivatedJob, Job, JobSource, Permit};
use connector_secrets::FilterMode;
use connector_testkit::sqs::Fault;
use serde_json::{Value, json};
use sqs_outbound::OutboundOptions;
use std::{
    io,
    sync::{Arc, Mutex},
};
use tokio_util::sync::CancellationToken;

/// The forms in which the value must not be seen: as it is, JSON-escaped, Base64, URL-encoded.
const FORMS: [&str; 4] =
    [CANARY, "can+ary/ value\\\"7", "Y2FuK2FyeS8gdmFsdWUiNw", "can%2Bary%2F%20value%227"];

async fn commands(queue: Value, headers: Value, fault: Option<Fault>) -> String {
    let setup =
        Setup::with(OutboundOptions { secret_filter: FilterMode::Disabled, ..OutboundOptions::default() })
            .await;
    if let Some(fault) = fault {
        setup.server.add_fault(fault);
    }
    setup.outbound.handle(&setup.job_with(1, queue, headers)).await;
    let taken = setup.commands.taken();
    assert_eq!(taken.len(), 1);
    format!("{taken:?} {:?}", setup.outbound.counters())
}

fn assert_hidden(text: &str) {
    // `Debug` escapes once more.
    let unescaped = text.replace("\\\\", "\\").replace("\\\"", "\"");
    for form in FORMS {
        assert!(!text.contains(form) && !unescaped.contains(form), "{form} in {text}");
    }
}

#[tokio::test]
async fn errors_of_sqs_show_no_secret() {
    for form in FORMS {
        let fault = Fault::error(400, "InvalidMessageContents", &format!("cannot take <{form}>"));
        let text = commands(json!({"messageBody": "{{secrets.CANARY}}"}), json!({}), Some(fault)).await;
        assert!(text.contains("cannot take <***>"), "{text}");
        assert_hidden(&text);
    }
}

#[tokio::test]
async fn input_errors_show_no_secret() {
    for queue in [
        json!({"url": "{{secrets.CANARY}}"}),
        json!({"type": "{{secrets.CANARY}}"}),
        json!({"delaySeconds": "{{secrets.CANARY}}"}),
        json!({"messageAttributes": {"k": "{{secrets.CANARY}}"}}),
        json!({"messageAttributes": {"k": {"dataType": "Binary", "binaryValue": "{{secrets.CANARY}}"}}}),
        json!({"messageBody": {"x": "{{secrets.CANARY}}", "camunda.function.type": "{{secrets.CANARY}}"}}),
    ] {
        assert_hidden(&commands(queue, json!({}), None).await);
    }
}

#[tokio::test]
async fn expressions_show_no_secret() {
    let literal = format!("\"{}\"", CANARY.replace('"', "\\\""));
    for headers in [
        json!({"resultExpression": format!("={literal}")}),
        json!({"resultExpression": format!("={{x: {literal}}}")}),
        json!({"resultExpression": format!("={{x: assert({literal}, false)}}")}),
        json!({"errorExpression": format!("=bpmnError({literal}, {literal}, {{own: {literal}}})")}),
        json!({"errorExpression": format!("=jobError({literal}, {{own: [{literal}]}}, 1)")}),
        json!({"errorExpression": format!("=ignoreError({{own: {literal}}})")}),
        json!({"errorExpression": format!("={literal}")}),
        json!({"errorExpression": format!("=bpmnError(1, {literal})")}),
    ] {
        assert_hidden(&commands(json!({"messageBody": "{{secrets.CANARY}}"}), headers.clone(), None).await);
        let fault = Fault::error(403, "AccessDenied", CANARY);
        assert_hidden(&commands(json!({"messageBody": "{{secrets.CANARY}}"}), headers, Some(fault)).await);
    }
}

/// Gives out its jobs, the last first, and ends.
struct Jobs(Vec<Job>);

#[async_trait::async_trait]
impl JobSource for Jobs {
    async fn next(&mut self) -> Option<ActivatedJob> {
        self.0.pop().map(|job| ActivatedJob { job, permit: Permit::unlimited() })
    }
}

/// What is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_panic_over_a_job_with_secrets_shows_none() {
    let setup =
        Setup::with(OutboundOptions { secret_filter: FilterMode::Disabled, ..OutboundOptions::default() })
            .await;
    let (log, text) = (Log::default(), json!({"messageBody": "{{secrets.CANARY}}"}));
    let writer = log.clone();
    let logging = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let logging = tracing::subscriber::set_default(logging);
    let headers = json!({"resultVariable": "r"});
    let jobs = [2, 666].map(|key| setup.job_with(key, text.clone(), headers.clone())).to_vec();
    setup.outbound.run(Jobs(jobs), CancellationToken::new()).await;
    drop(logging);
    let said = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(said.contains("handling the job panicked"), "{said}");
    // What the SDK says of its requests is not the connector's to say: the binary keeps it silent.
    let ours: String = said.lines().filter(|line| !line.contains("aws_")).collect();
    assert_hidden(&ours);
    assert_eq!(setup.outbound.counters().panicked, 1);
    assert_eq!(setup.server.messages("q").len(), 2, "both were sent with the secret");
    assert_eq!(setup.commands.taken().len(), 1);
    assert_hidden(&format!("{:?} {:?}", setup.commands.taken(), setup.outbound.counters()));
}
