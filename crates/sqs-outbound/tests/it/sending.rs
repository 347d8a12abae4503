//! What reaches the queue, and what the engine is told.

use crate::support::{Command, Setup};
use async_trait::async_trait;
use connector_binding::ChainPolicy;
use connector_core::ProcessDefinitionKey;
use connector_secrets::FilterMode;
use connector_testkit::sqs::Fault;
use serde_json::json;
use sqs_outbound::{FifoDeduplication, Handled, InputMappings, OutboundOptions};
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use tokio::time::Instant;

#[tokio::test]
async fn a_job_becomes_a_message_and_is_completed_with_its_id() {
    let setup = Setup::start().await;
    assert_eq!(setup.outbound.handle(&setup.job(1)).await, Handled::Completed);
    let message = &setup.server.messages("q")[0];
    assert_eq!(message.body, "hello");
    assert_eq!(setup.command(), Command::Complete(json!({"id": message.message_id})));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_very_deep_body_with_a_secret_is_sent_without_a_stack_overflow() {
    let options = OutboundOptions { secret_filter: FilterMode::Disabled, ..OutboundOptions::default() };
    let setup = Setup::with(options).await;
    let levels = 997;
    let body = |inner: &str| format!("{}\"{inner}\"{}", "[".repeat(levels), "]".repeat(levels));
    let mut job = setup.job(1);
    job.variables = job.variables.replace("\"hello\"", &body("{{secrets.CANARY}}"));
    let outbound = setup.outbound.clone();
    assert_eq!(tokio::spawn(async move { outbound.handle(&job).await }).await.unwrap(), Handled::Completed);
    assert_eq!(setup.server.messages("q")[0].body, body(&crate::support::CANARY.replace('"', "\\\"")));
}

#[tokio::test]
async fn the_response_has_the_sequence_number_and_the_digest() {
    let setup = Setup::start().await;
    let queue = json!({"url": setup.server.queue_url("q.fifo"), "type": "fifo", "messageGroupId": "g", "messageDeduplicationId": "d"});
    setup.outbound.handle(&setup.job_with(1, queue, json!({"resultVariable": "r"}))).await;
    let Command::Complete(variables) = setup.command() else { panic!() };
    assert_eq!(variables["r"]["md5OfMessageBody"], "5d41402abc4b2a76b9719d911017c592");
    assert_eq!(variables["r"]["sequenceNumber"].as_str().unwrap().len(), 20);
}

#[tokio::test]
async fn everything_that_a_message_can_have_is_on_the_wire() {
    let setup = Setup::start().await;
    let queue = json!({
        "delaySeconds": 0,
        "awsTraceHeader": "Root=1-5759e988-bd862e3fe1be46a994272793",
        "messageGroupId": "fair",
        "messageAttributes": {
            "text": {"dataType": "String", "stringValue": "x"},
            "bytes": {"DataType": "Binary", "BinaryValue": "AAH/"},
        },
    });
    setup.outbound.handle(&setup.job_with(1, queue, json!({}))).await;
    let request = setup.server.recorded()[0].json().unwrap();
    let entry = request["Entries"].get(0).unwrap_or(&request);
    assert_eq!(entry["DelaySeconds"], 0);
    assert_eq!(entry["MessageGroupId"], "fair");
    assert_eq!(entry["MessageAttributes"]["bytes"], json!({"DataType": "Binary", "BinaryValue": "AAH/"}));
    assert_eq!(
        entry["MessageSystemAttributes"]["AWSTraceHeader"]["StringValue"],
        "Root=1-5759e988-bd862e3fe1be46a994272793"
    );
    assert_eq!(setup.command(), Command::Complete(json!({})));
}

#[tokio::test]
async fn a_session_token_is_sent_along() {
    let setup = Setup::start().await;
    let mut job = setup.job(1);
    job.variables =
        job.variables.replace("\"secretKey\":\"s\"", "\"secretKey\":\"s\",\"sessionToken\":\"token\"");
    setup.outbound.handle(&job).await;
    assert_eq!(setup.server.recorded()[0].session_token.as_deref(), Some("token"));
}

#[tokio::test]
async fn a_fifo_job_that_is_tried_again_sends_once_when_its_key_deduplicates() {
    let options =
        OutboundOptions { fifo_deduplication: FifoDeduplication::JobKey, ..OutboundOptions::default() };
    let setup = Setup::with(options).await;
    let queue = json!({"url": setup.server.queue_url("q.fifo"), "type": "fifo", "messageGroupId": "g"});
    for _ in 0..2 {
        setup.outbound.handle(&setup.job_with(77, queue.clone(), json!({}))).await;
    }
    assert_eq!(setup.server.messages("q.fifo").len(), 1);
    assert_eq!(setup.commands.taken().len(), 2);
}

#[tokio::test]
async fn nothing_is_sent_for_an_expression_with_a_syntax_error() {
    let setup = Setup::start().await;
    for header in ["resultExpression", "errorExpression"] {
        setup.outbound.handle(&setup.job_with(1, json!({}), json!({header: "={a: "}))).await;
    }
    assert!(setup.server.recorded().is_empty());
    for command in setup.commands.taken() {
        let Command::Fail(failure) = command else { panic!() };
        assert_eq!(failure.retries, 0);
    }
}

#[tokio::test]
async fn a_message_whose_result_cannot_be_mapped_is_not_sent_again() {
    let setup = Setup::start().await;
    setup
        .outbound
        .handle(&setup.job_with(1, json!({}), json!({"resultExpression": "={a: assert(null, false)}"})))
        .await;
    let id = setup.server.messages("q")[0].message_id.clone();
    let failure = setup.failure();
    assert_eq!(failure.retries, 0);
    assert!(
        failure.error_message.contains(&format!("The message was sent (messageId {id})")),
        "{}",
        failure.error_message
    );
}

#[tokio::test]
async fn an_aws_error_has_its_class_and_its_code() {
    let setup = Setup::start().await;
    setup.server.add_fault(Fault::error(403, "AccessDenied", "no"));
    let headers = json!({"errorExpression": "=bpmnError(error.code, error.type)"});
    assert_eq!(setup.outbound.handle(&setup.job_with(1, json!({}), headers)).await, Handled::Thrown);
    let Command::Throw(error) = setup.command() else { panic!() };
    assert_eq!(
        (error.error_code.as_str(), error.error_message.as_str()),
        ("AccessDenied", "software.amazon.awssdk.services.sqs.model.SqsException")
    );
}

#[tokio::test]
async fn an_endpoint_off_the_list_is_never_called() {
    let setup = Setup::start().await;
    let mut job = setup.job(1);
    job.variables = job.variables.replace(
        &format!("\"endpoint\":\"{}\"", setup.server.endpoint()),
        "\"endpoint\":\"http://169.254.169.254\"",
    );
    setup.outbound.handle(&job).await;
    let failure = setup.failure();
    assert_eq!(failure.retries, 0);
    assert!(
        failure.error_message.contains("must not be the link-local or metadata address"),
        "{}",
        failure.error_message
    );
}

#[tokio::test]
async fn the_default_chain_can_be_forbidden() {
    let options = OutboundOptions { default_chain: ChainPolicy::Forbidden, ..OutboundOptions::default() };
    let setup = Setup::with(options).await;
    let mut job = setup.job(1);
    job.variables =
        job.variables.replace("\"accessKey\":", "\"type\":\"defaultCredentialsChain\",\"accessKey\":");
    setup.outbound.handle(&job).await;
    assert!(setup.failure().error_message.contains("(aws.allow-default-credentials)"));
    assert!(setup.server.recorded().is_empty());
}

#[tokio::test]
async fn limits_are_checked_before_sending_when_the_operator_wants_it() {
    let setup = Setup::with(OutboundOptions { check_limits: true, ..OutboundOptions::default() }).await;
    setup.outbound.handle(&setup.job_with(1, json!({"messageBody": ""}), json!({}))).await;
    let failure = setup.failure();
    assert_eq!(failure.retries, 0);
    assert!(
        failure
            .error_message
            .contains("queue.messageBody: Validation failed. Original message: SQS takes no empty body")
    );
    assert!(setup.server.recorded().is_empty());
}

#[tokio::test]
async fn a_job_whose_time_is_up_gets_no_command() {
    let setup = Setup::start().await;
    let mut job = setup.job(1);
    job.lease.deadline = Instant::now();
    assert_eq!(setup.outbound.handle(&job).await, Handled::Abandoned);
    assert!(setup.commands.taken().is_empty());
}

#[tokio::test]
async fn a_send_is_given_up_at_the_deadline_and_no_command_follows() {
    let setup = Setup::start().await;
    let stall = Duration::from_secs(30);
    setup.server.add_fault(Fault::new(connector_testkit::sqs::FaultEffect::None).delayed(stall));
    let mut job = setup.job(1);
    job.lease.deadline = Instant::now() + Duration::from_millis(200);
    let begun = Instant::now();
    assert_eq!(setup.outbound.handle(&job).await, Handled::Abandoned);
    assert!(begun.elapsed() < stall, "it waited for the answer");
    assert!(setup.commands.taken().is_empty());
}

#[tokio::test]
async fn the_job_timeout_header_asks_for_more_time_first() {
    let setup = Setup::start().await;
    let mut job = setup.job_with(1, json!({}), json!({"jobTimeout": "PT10M"}));
    job.lease.deadline = Instant::now() + Duration::from_secs(1);
    setup.outbound.handle(&job).await;
    let expected = [Command::UpdateTimeout(Duration::from_secs(600)), Command::Complete(json!({}))];
    assert_eq!(setup.commands.taken(), expected);
}

struct Mentions(Option<&'static str>);

#[async_trait]
impl InputMappings for Mentions {
    async fn mentioned_secrets(
        &self,
        process: ProcessDefinitionKey,
        element_id: &str,
    ) -> Option<BTreeSet<String>> {
        assert_eq!((process.get(), element_id), (2, "send"));
        self.0.map(|name| BTreeSet::from([name.to_owned()]))
    }
}

#[tokio::test]
async fn a_secret_in_the_body_is_resolved_only_when_the_model_mentions_it() {
    for (mentioned, body) in [
        (Some("CANARY"), crate::support::CANARY),
        (Some("OTHER"), "{{secrets.CANARY}}"),
        (None, "{{secrets.CANARY}}"),
    ] {
        let input_mappings: Option<Arc<dyn InputMappings>> = Some(Arc::new(Mentions(mentioned)));
        let setup = Setup::with(OutboundOptions { input_mappings, ..OutboundOptions::default() }).await;
        setup
            .outbound
            .handle(&setup.job_with(1, json!({"messageBody": "{{secrets.CANARY}}"}), json!({})))
            .await;
        assert_eq!(setup.server.messages("q")[0].body, body);
    }
}
