//! Secrets of every kind, every way a job or a message can take, everything that the process says at level trace: no secret is in it.

use crate::world::BINARY;
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD},
};
use connector_core::{CreateInstance, Engine as _, RawJson, TenantId};
use connector_testkit::{
    gateway::{GatewayServer, GatewayServerOptions, JobState},
    sqs::{AccessKey, Fault, SqsServer, SqsServerOptions},
};
use e2e_tests::{Connector, Servers};
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use zeebe_gateway::{GatewayClient, GatewayOptions};

const KEY: &str = "AKIACANARYKEY0001";
const SECRET: &str = "canary/secret+of \"AWS\" 0002";
const BODY: &str = "canary+body/ value\"0003";
const PASSWORD: &str = "canary-password-0004";
const TOKEN: &str = "canary-token-0005";
const ALL: [&str; 5] = [KEY, SECRET, BODY, PASSWORD, TOKEN];

/// How a value may be hidden in a text.
fn forms(value: &str) -> Vec<String> {
    let encoded = |space: &str| {
        value.bytes().fold(String::new(), |text, byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                text + &char::from(byte).to_string()
            }
            b' ' => text + space,
            _ => text + &format!("%{byte:02X}"),
        })
    };
    let hexadecimal = value.bytes().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    let escaped = |text: &str| {
        let json = serde_json::Value::from(text).to_string();
        json.strip_prefix('"').unwrap().strip_suffix('"').unwrap().to_owned()
    };
    vec![
        value.to_owned(),
        escaped(value),
        escaped(&escaped(value)),
        STANDARD.encode(value),
        STANDARD_NO_PAD.encode(value),
        URL_SAFE.encode(value),
        URL_SAFE_NO_PAD.encode(value),
        encoded("%20"),
        encoded("+"),
        hexadecimal.to_uppercase(),
        hexadecimal,
    ]
}

fn assert_clean(what: &str, text: &str) {
    let forms: Vec<String> = ALL.iter().flat_map(|value| forms(value)).collect();
    for line in text.lines() {
        if let Some(form) = forms.iter().find(|form| line.contains(form.as_str())) {
            panic!("{form} in {what}: {}", line.chars().take(600).collect::<String>());
        }
    }
}

/// A process with one task: `inputs` on top of the canary's keys.
fn sends(process: &str, url: &str, inputs: &[(&str, &str)]) -> String {
    let mut all = vec![
        ("authentication.accessKey", "{{secrets.KEY}}"),
        ("authentication.secretKey", "{{secrets.SECRET}}"),
        ("configuration.region", "us-east-1"),
        ("queue.url", url),
        ("queue.messageBody", "x"),
    ];
    for input in inputs {
        all.retain(|(target, _)| *target != input.0);
        all.push(*input);
    }
    let inputs: String = all
        .iter()
        .map(|(target, source)| format!(r#"<zeebe:input source="{source}" target="{target}"/>"#))
        .collect();
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="leaks">
<bpmn:process id="{process}" isExecutable="true">
<bpmn:startEvent id="start"><bpmn:outgoing>a</bpmn:outgoing></bpmn:startEvent>
<bpmn:sequenceFlow id="a" sourceRef="start" targetRef="send"/><bpmn:sequenceFlow id="b" sourceRef="send" targetRef="end"/>
<bpmn:serviceTask id="send"><bpmn:extensionElements><zeebe:taskDefinition type="io.camunda:aws-sqs:1" retries="1"/>
<zeebe:ioMapping>{inputs}</zeebe:ioMapping><zeebe:taskHeaders><zeebe:header key="resultVariable" value="r"/></zeebe:taskHeaders>
</bpmn:extensionElements><bpmn:incoming>a</bpmn:incoming><bpmn:outgoing>b</bpmn:outgoing></bpmn:serviceTask>
<bpmn:endEvent id="end"><bpmn:incoming>b</bpmn:incoming></bpmn:endEvent>
</bpmn:process></bpmn:definitions>"#
    )
}

/// A process that a message of this queue starts.
fn receives(process: &str, url: &str, more: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="leaks">
<bpmn:process id="{process}" isExecutable="true">
<bpmn:startEvent id="start"><bpmn:extensionElements><zeebe:properties>
<zeebe:property name="inbound.type" value="io.camunda:aws-sqs-inbound:1"/>
<zeebe:property name="authentication.accessKey" value="secrets.KEY"/>
<zeebe:property name="authentication.secretKey" value="{{{{secrets.SECRET}}}}"/>
<zeebe:property name="configuration.region" value="us-east-1"/>
<zeebe:property name="queue.url" value="{url}"/>
<zeebe:property name="queue.pollingWaitTime" value="1"/>{more}
</zeebe:properties></bpmn:extensionElements><bpmn:outgoing>a</bpmn:outgoing></bpmn:startEvent>
<bpmn:sequenceFlow id="a" sourceRef="start" targetRef="end"/>
<bpmn:endEvent id="end"><bpmn:incoming>a</bpmn:incoming></bpmn:endEvent>
</bpmn:process></bpmn:definitions>"#
    )
}

async fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_the_process_says_at_level_trace_shows_a_secret() {
    let gateway = GatewayServer::start(GatewayServerOptions::default()).await.unwrap();
    let credentials = vec![AccessKey::new(KEY, SECRET)];
    let sqs =
        SqsServer::start(SqsServerOptions { credentials, ..SqsServerOptions::default() }).await.unwrap();
    let good = sqs.create_queue("good", &[]).unwrap();
    let echo = sqs.create_queue("echo", &[]).unwrap();
    let inbound = sqs.create_queue("inbound", &[]).unwrap();
    let told = format!("cannot take {}", forms(BODY).join(" or "));
    sqs.add_fault(Fault::error(400, "InvalidMessageContents", &told).queue("echo"));
    let body = ("queue.messageBody", "{{secrets.BODY}}");
    let jobs = [
        ("success", sends("success", &good, &[body])),
        ("echo", sends("echo", &echo, &[body])),
        ("type", sends("type", &good, &[("queue.type", "{{secrets.BODY}}")])),
        ("url", sends("url", "{{secrets.BODY}}", &[])),
        ("delay", sends("delay", &good, &[("queue.delaySeconds", "{{secrets.BODY}}")])),
        ("endpoint", sends("endpoint", &good, &[("configuration.endpoint", "http://{{secrets.BODY}}/")])),
        ("region", sends("region", &good, &[("configuration.region", "{{secrets.BODY}}")])),
        ("denied", sends("denied", &good, &[("authentication.secretKey", "{{secrets.BODY}}")])),
        ("nobody", sends("nobody", &good, &[("authentication.accessKey", "{{secrets.BODY}}")])),
        ("missing", sends("missing", &good, &[("queue.messageBody", "{{secrets.NOT_THERE}}")])),
    ];
    let elements = [
        ("in-good", receives("in-good", &inbound, "")),
        (
            "in-denied",
            receives(
                "in-denied",
                &inbound,
                r#"<zeebe:property name="authentication.sessionToken" value="secrets.BODY"/>"#,
            ),
        ),
        ("in-url", receives("in-url", "secrets.BODY", "")),
        (
            "in-wait",
            receives(
                "in-wait",
                &inbound,
                r#"<zeebe:property name="queue.visibilityTimeout" value="secrets.BODY"/>"#,
            ),
        ),
    ];
    let files: Vec<(String, String)> =
        jobs.iter().chain(&elements).map(|(name, bpmn)| (format!("{name}.bpmn"), bpmn.clone())).collect();
    let files: Vec<(&str, String)> = files.iter().map(|(name, bpmn)| (name.as_str(), bpmn.clone())).collect();
    let servers = Servers { zeebe: gateway.address(), sqs: sqs.endpoint(), binary: BINARY.into() };
    let environment = [
        ("SECRET_KEY", KEY),
        ("SECRET_SECRET", SECRET),
        ("SECRET_BODY", BODY),
        ("CAMUNDA_CLIENT_AUTH_USERNAME", "user"),
        ("CAMUNDA_CLIENT_AUTH_PASSWORD", PASSWORD),
        ("SQS_CONNECTOR_HTTP_TOKEN", TOKEN),
        ("SQS_CONNECTOR_HTTP_PORT", "0"),
        ("SQS_CONNECTOR_LOG_LEVEL", "trace"),
    ]
    .map(|(name, value)| (name, value.to_owned()));
    let mut connector = Connector::start(&servers, &files, &environment).unwrap();
    connector.wait_for_log("endpoints at http://").await.unwrap();
    let log = connector.log();
    let address =
        log.split("endpoints at http://").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();

    let client = GatewayClient::connect(GatewayOptions::new(gateway.address())).await.unwrap();
    for (process, _) in &jobs {
        let instance = CreateInstance {
            bpmn_process_id: (*process).to_owned(),
            version: -1,
            variables: RawJson::parse("{}").unwrap(),
            tenant_id: TenantId::default(),
        };
        while client.create(instance.clone()).await.is_err() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    let ended = |state: &JobState| !matches!(state, JobState::Activatable | JobState::Activated);
    let all = gateway.wait_until(|view| {
        let jobs = view.jobs();
        jobs.len() == 10 && jobs.iter().all(|job| ended(&job.state))
    });
    tokio::time::timeout(Duration::from_secs(60), all)
        .await
        .unwrap_or_else(|_| panic!("{}", connector.last_words()));
    connector.wait_for_log("consumer UP").await.unwrap();
    connector.wait_for_log("consumer DOWN").await.unwrap();

    assert_eq!(sqs.messages("good")[0].body, BODY, "the queue itself has it");
    let told = gateway.view(|view| format!("{:?}", view.jobs()));
    assert!(told.contains("InvalidMessageContents") && told.contains("***"), "{told}");
    assert_clean("what the engine was told", &told);
    for path in [
        "/inbound",
        "/inbound-instances",
        "/inbound-instances/metrics",
        "/tenants/%3Cdefault%3E/inbound/in-denied/start/logs",
        "/outbound",
        "/outbound/metrics",
        "/actuator/health",
        "/actuator/prometheus",
        "/nowhere",
    ] {
        assert_clean(path, &get(&address, path).await);
    }
    assert!(get(&address, "/inbound").await.contains("in-denied"));
    let log = connector.log();
    assert!(log.contains("TRACE"), "the level was not what it should be");
    assert_clean("the log", &log);
    assert_eq!(connector.stop().await.unwrap(), 0);
}
