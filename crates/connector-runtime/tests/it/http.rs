//! The endpoints for operators.

use crate::world::{Running, World, started_by};
use connector_runtime::Settings;
use serde_json::Value;
use std::{fs, net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::{Instant, sleep},
};

/// Far from what decides a test.
const PATIENCE: Duration = Duration::from_secs(30);

const TYPE: &str = "io.camunda:aws-sqs-inbound:1";

/// One request over a connection of its own: status and body.
async fn ask(address: SocketAddr, method: &str, path: &str, headers: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

async fn get(address: SocketAddr, path: &str) -> (u16, Value) {
    let (status, body) = ask(address, "GET", path, "").await;
    (status, serde_json::from_str(&body).unwrap_or_else(|_| body.into()))
}

/// Asks again until the answer is as wanted.
async fn until(address: SocketAddr, path: &str, wanted: impl Fn(u16, &Value) -> bool) -> Value {
    let begin = Instant::now();
    loop {
        let (status, body) = get(address, path).await;
        if wanted(status, &body) {
            return body;
        }
        assert!(begin.elapsed() < PATIENCE, "{path} stays at {status} {body}");
        sleep(Duration::from_millis(20)).await;
    }
}

/// A process with an element of ours, one of another connector, and one of ours that cannot work.
fn model(queue: &str) -> String {
    let start = |id: &str, properties: &str| {
        format!(
            r#"<bpmn:startEvent id="{id}"><bpmn:extensionElements><zeebe:properties>{properties}</zeebe:properties>
               </bpmn:extensionElements><bpmn:outgoing>{id}-flow</bpmn:outgoing>
               <bpmn:messageEventDefinition id="{id}-definition" messageRef="{id}-message"/></bpmn:startEvent>
               <bpmn:sequenceFlow id="{id}-flow" sourceRef="{id}" targetRef="end"/>"#
        )
    };
    let foreign = start("foreign", r#"<zeebe:property name="inbound.type" value="other:1"/>"#);
    let wrong = start(
        "wrong",
        &format!(
            r#"<zeebe:property name="inbound.type" value="{TYPE}"/><zeebe:property name="messageTtl" value="soon"/>"#
        ),
    );
    let messages = r#"</bpmn:process><bpmn:message id="foreign-message" name="foreign"/>
        <bpmn:message id="wrong-message" name="wrong"/>"#;
    started_by("orders", queue, "={}").replace("</bpmn:process>", &format!("{foreign}{wrong}{messages}"))
}

struct Started {
    world: World,
    running: Running,
    address: SocketAddr,
    _folder: tempfile::TempDir,
}

async fn start(change: impl FnOnce(&mut Settings)) -> Started {
    let world = World::start().await;
    let queue = world.sqs.queue_url("orders");
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("orders.bpmn"), model(&queue)).unwrap();
    let mut settings = world.settings();
    settings.gateway.rest_address = None;
    settings.runtime.processes = Some(folder.path().to_owned());
    change(&mut settings);
    let running = world.run(settings).await;
    let address = running.endpoints.unwrap();
    Started { world, running, address, _folder: folder }
}

#[tokio::test(flavor = "multi_thread")]
async fn consumers_are_listed_with_their_health_and_no_key() {
    let Started { world, running, address, _folder } = start(|_| {}).await;
    let consumers =
        until(address, "/inbound", |_, body| body.as_array().is_some_and(|all| all.len() == 3)).await;
    let of = |id: &str| {
        let all = consumers.as_array().unwrap().iter();
        all.clone().find(|one| one["elements"][0]["elementId"] == id).unwrap().clone()
    };
    let foreign = of("foreign");
    assert_eq!(foreign["health"]["status"], "DOWN");
    assert_eq!(foreign["health"]["error"]["message"], "Connector other:1 not registered");
    let wrong = of("wrong")["health"]["error"]["message"].clone();
    assert!(wrong.as_str().unwrap().starts_with("Invalid connector definition: messageTtl"), "{wrong}");

    // Its queue does not exist yet.
    let id = of("start")["executableId"].as_str().unwrap().to_owned();
    let path = format!("/inbound-instances/executables/{id}");
    let down = until(address, &path, |_, body| body["health"]["status"] == "DOWN").await;
    assert_eq!(down["health"]["error"]["code"], "QueueDoesNotExist");
    world.sqs.create_queue("orders", &[]).unwrap();
    let up = until(address, &path, |_, body| body["health"]["status"] == "UP").await;
    assert!(up["activationTimestamp"].as_u64().unwrap() > 1_600_000_000_000);
    assert!(up["health"]["lastUpdatedAt"].as_str().unwrap().ends_with('Z'));
    assert_eq!(up["health"]["details"]["messageRetentionSeconds"], 345_600);
    let warning = up["health"]["details"]["warnings"][0].as_str().unwrap();
    assert!(warning.contains("no dead-letter queue"), "{warning}");
    let element = &up["elements"][0];
    assert_eq!((&element["bpmnProcessId"], &element["version"]), (&"orders".into(), &1.into()));
    assert_eq!((&element["elementType"], &element["tenantId"]), (&"startEvent".into(), &"<default>".into()));
    assert_eq!(element["properties"]["resultExpression"], "={}");
    assert_eq!(up["data"]["queue.url"], world.sqs.queue_url("orders"));
    for properties in [&element["properties"], &up["data"]] {
        assert_eq!(properties["authentication.secretKey"], "***");
    }
    assert_eq!(up["data"]["resultExpression"], Value::Null, "only the connector's own");

    world.send("orders", "{}").await;
    world.instances("orders", 1).await;
    let says = |body: &Value, text: &str| {
        body.as_array()
            .is_some_and(|all| all.iter().any(|entry| entry["message"].as_str().unwrap().contains(text)))
    };
    let created = |_, body: &Value| says(body, "Process instance created");
    let logs = until(address, &format!("{path}/logs"), created).await;
    assert!(
        says(&logs, "Received SQS Message with ID") && says(&logs, "Activated inbound connector"),
        "{logs}"
    );
    assert_eq!(get(address, &format!("{path}/health")).await.1[0]["status"], "UP");
    let typed = format!("/inbound-instances/io.camunda%3Aaws-sqs-inbound%3A1/executables/{id}");
    assert_eq!(get(address, &typed).await.0, 200);
    assert_eq!(get(address, &format!("/inbound-instances/other:1/executables/{id}")).await.0, 404);
    let filtered =
        get(address, "/inbound?bpmnProcessId=orders&elementId=start&type=io.camunda:aws-sqs-inbound:1")
            .await
            .1;
    assert_eq!(filtered.as_array().unwrap().len(), 1);
    assert_eq!(get(address, "/inbound?bpmnProcessId=others").await.1, Value::Array(Vec::new()));
    assert_eq!(get(address, "/tenants/nobody/inbound").await.1, Value::Array(Vec::new()));
    assert_eq!(get(address, "/tenants/%3Cdefault%3E/inbound").await.1.as_array().unwrap().len(), 3);
    let nested = get(address, "/tenants/%3Cdefault%3E/inbound/orders/start/logs").await.1;
    assert!(says(&nested[0], "Process instance created"));
    let types = get(address, "/inbound-instances").await.1;
    let types: Vec<_> =
        types.as_array().unwrap().iter().map(|one| one["connectorId"].as_str().unwrap()).collect();
    assert_eq!(types, [TYPE, "other:1"]);
    assert_eq!(get(address, "/inbound-instances/other:1").await.1["instances"].as_array().unwrap().len(), 1);
    assert_eq!(get(address, "/inbound-instances/metrics").await.1[0]["trigger"]["correlated"], 1);
    assert_eq!(get(address, "/inbound-instances/nothing").await.0, 404);
    assert_eq!(get(address, "/outbound").await.1[0]["type"], "io.camunda:aws-sqs:1");
    assert_eq!(get(address, "/outbound/metrics").await.1[0]["job"]["completed"], 0);
    assert_eq!(get(address, "/nothing").await.0, 404);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_needs_the_token() {
    let change = |settings: &mut Settings| settings.http.token = Some("canary".into());
    let Started { world, running, address, _folder } = start(change).await;
    let failed = |_, body: &Value| body[0]["health"]["status"] == "DOWN";
    let consumers = until(address, "/inbound?elementId=start", failed).await;
    let id = consumers[0]["executableId"].as_str().unwrap();
    let reset = async |id: &str, headers: &str| {
        ask(address, "POST", &format!("/inbound-instances/executables/{id}/reset"), headers).await.0
    };
    let token = "authorization: Bearer canary\r\n";
    assert_eq!(reset(id, "").await, 401);
    assert_eq!(reset(id, "authorization: Bearer wrong\r\n").await, 401);
    assert_eq!(reset("nobody", token).await, 404);
    let foreign = get(address, "/inbound?elementId=foreign").await.1;
    assert_eq!(reset(foreign[0]["executableId"].as_str().unwrap(), token).await, 500);
    world.sqs.create_queue("orders", &[]).unwrap();
    // Until it is up it waits for a next try, or is at one.
    let up = async |id: &str| {
        get(address, &format!("/inbound-instances/executables/{id}")).await.1["health"]["status"] == "UP"
    };
    let begin = Instant::now();
    while !up(id).await {
        assert!(begin.elapsed() < PATIENCE);
        assert!([200, 500].contains(&reset(id, token).await));
    }
    assert_eq!(reset(id, token).await, 500, "only one that could not be activated");
    running.stop().await;

    let Started { running, address, _folder, .. } = start(|_| {}).await;
    assert_eq!(
        ask(address, "POST", "/inbound-instances/executables/x/reset", token).await.0,
        403,
        "no token is set"
    );
    assert_eq!(ask(address, "POST", "/inbound", token).await.0, 405);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn health_and_metrics_are_the_java_runtimes() {
    let Started { world, running, address, _folder } = start(|_| {}).await;
    world.sqs.create_queue("orders", &[]).unwrap();
    let ready = until(address, "/actuator/health/readiness", |status, _| status == 200).await;
    assert_eq!(ready["components"]["zeebeClient"]["details"]["anyPartitionHealthy"], true);
    assert_eq!(ready["components"]["processDefinitionImport"]["status"], "UP");
    let all = get(address, "/actuator/health").await.1;
    assert_eq!((&all["status"], all["groups"].as_array().unwrap().len()), (&"UP".into(), 3));
    assert_eq!(get(address, "/actuator/health/startup").await.0, 200);
    world.send("orders", "{}").await;
    world.instances("orders", 1).await;
    let counted = format!(
        "camunda_connector_inbound_triggers_total{{action=\"correlated\",type=\"{TYPE}\",elementTemplateId=\"unknown\",\
         elementTemplateVersion=\"unknown\",physicalTenantId=\"default\"}} 1\n"
    );
    let metrics = loop {
        let (status, text) = ask(address, "GET", "/actuator/prometheus", "").await;
        assert_eq!(status, 200);
        if text.contains(&counted) {
            break text;
        }
    };
    for line in [
        "camunda_connector_outbound_invocations_total{action=\"completed\",type=\"io.camunda:aws-sqs:1\"} 0",
        "camunda_client_worker_job_activated_total{type=\"io.camunda:aws-sqs:1\"} 0",
        "# TYPE camunda_connector_inbound_activations_total counter",
        "sqs_connector_inbound_consumers{health=\"up\"} 1",
    ] {
        assert!(metrics.lines().any(|found| found == line), "no `{line}` in\n{metrics}");
    }
    // The engine goes: not ready, and alive.
    world.gateway.shutdown().await;
    assert_eq!(get(address, "/actuator/health/readiness").await.0, 503);
    assert_eq!(get(address, "/actuator/health").await.1["status"], "DOWN");
    assert_eq!(
        get(address, "/actuator/health/liveness").await,
        (200, serde_json::json!({"status": "UP", "components": {}}))
    );
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn health_and_metrics_may_have_a_port_of_their_own() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let change = |settings: &mut Settings| settings.http.management_port = Some(port);
    let Started { running, address, _folder, .. } = start(change).await;
    let management = SocketAddr::from(([127, 0, 0, 1], port));
    assert_eq!(get(address, "/actuator/health/liveness").await.0, 404);
    assert_eq!(get(management, "/actuator/health/liveness").await.0, 200);
    assert_eq!(get(management, "/inbound").await.0, 404);
    assert_eq!(get(address, "/inbound").await.0, 200);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_is_taken_is_named() {
    let world = World::start().await;
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut settings = world.settings();
    settings.http.port = Some(taken.local_addr().unwrap().port());
    let environment = connector_runtime::Environment::new([]);
    let error = connector_runtime::Runtime::start(settings, &environment).await.err().unwrap();
    assert_eq!(error.code(), "RUNTIME_LISTEN");
    assert!(error.to_string().contains("SERVER_PORT"), "{error}");
}
