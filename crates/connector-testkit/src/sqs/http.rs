//! The protocol: AWS JSON 1.0 over HTTP, and the few paths under `/_testkit/` that steer the server from outside.

use std::sync::Arc;
use std::time::Duration;

use ::http::header::CONTENT_TYPE;
use ::http::request::Parts;
use ::http::{HeaderValue, Method, Request, Response, StatusCode};
use hyper::body::Bytes;
use serde_json::json;

use super::account::name_in;
use super::faults::{Fault, FaultEffect};
use super::operation::Operation;
use super::operations::{Call, carry_out};
use super::recorder::RecordedRequest;
use super::refusal::{Refusal, RefusalCode};
use super::server::Shared;
use super::signature::{Authorization, text};

const AWS_JSON: &str = "application/x-amz-json-1.0";

/// What becomes of a request.
#[derive(Debug)]
pub(crate) enum Reply {
    Answer(Response<Bytes>),
    /// No answer; the connection ends.
    Close,
    /// No answer; the connection is reset.
    Reset,
}

/// Answers one request, whichever way it came in.
pub(crate) async fn handle(shared: &Arc<Shared>, request: Request<Bytes>) -> Reply {
    let (parts, body) = request.into_parts();
    if let Some(path) = parts.uri.path().strip_prefix("/_testkit/") {
        return Reply::Answer(steer(shared, &parts.method, path, &body));
    }
    let reply = handle_operation(shared, &parts, &body).await;
    shared.progress.notify_waiters();
    reply
}

async fn handle_operation(shared: &Arc<Shared>, parts: &Parts, body: &Bytes) -> Reply {
    let target = text(&parts.headers, "x-amz-target").unwrap_or_default();
    let operation = target.strip_prefix("AmazonSQS.").and_then(Operation::from_name);
    let authorization = Authorization::of(&parts.headers);
    let queue = queue_name(body);
    shared.recorder.add(operation, || record(parts, body, operation, &queue, authorization.as_ref()));
    shared.progress.notify_waiters();
    let request_id = shared.request_id(&queue);
    let (delay, effect) =
        shared.faults.next(operation, &queue).unwrap_or((Duration::ZERO, FaultEffect::None));
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    match effect {
        FaultEffect::Close => return Reply::Close,
        FaultEffect::Reset => return Reply::Reset,
        FaultEffect::Answer { status, body, content_type } => {
            return Reply::Answer(respond(status, &content_type, &request_id, None, body.into_bytes()));
        }
        FaultEffect::Error { status, kind, message, query } => {
            let body = error_body(kind.as_deref(), message.as_deref());
            return Reply::Answer(respond(status, AWS_JSON, &request_id, query.as_deref(), body));
        }
        _ => {}
    }
    let (loses, holds) = (effect == FaultEffect::LoseAnswer, effect == FaultEffect::HoldAnswer);
    let outcome = match verify(shared, parts, body, authorization.as_ref(), target, operation) {
        Ok(operation) => {
            let call = call(shared, parts, authorization, effect);
            carry_out(&call, operation, body).await
        }
        Err(refusal) => Err(refusal),
    };
    if loses {
        return Reply::Close;
    }
    if holds {
        shared.progress.notify_waiters();
        // Ends when the client goes away: its connection drops this call.
        return std::future::pending().await;
    }
    Reply::Answer(match outcome {
        Ok(body) => respond(200, AWS_JSON, &request_id, None, body),
        Err(refusal) => refuse(&refusal, &request_id),
    })
}

fn verify(
    shared: &Shared,
    parts: &Parts,
    body: &[u8],
    authorization: Option<&Authorization>,
    target: &str,
    operation: Option<Operation>,
) -> Result<Operation, Refusal> {
    shared.verifier.verify(parts, body, authorization)?;
    let unknown =
        || Refusal::new(RefusalCode::UnknownOperation, format!("There is no operation {target:?}."));
    operation.filter(|_| parts.method == Method::POST).ok_or_else(unknown)
}

fn call(
    shared: &Arc<Shared>,
    parts: &Parts,
    authorization: Option<Authorization>,
    effect: FaultEffect,
) -> Call {
    let base_url = match text(&parts.headers, "host") {
        Some(host) => format!("http://{host}"),
        None => shared.endpoint.clone(),
    };
    let sender_id = authorization.map_or_else(|| shared.options.account_id.clone(), |found| found.access_key);
    Call { shared: Arc::clone(shared), base_url, sender_id, effect }
}

fn record(
    parts: &Parts,
    body: &Bytes,
    operation: Option<Operation>,
    queue: &str,
    authorization: Option<&Authorization>,
) -> RecordedRequest {
    let header = |name| text(&parts.headers, name).map(str::to_owned);
    RecordedRequest {
        operation,
        queue: queue.into(),
        access_key: authorization.map(|found| found.access_key.clone()),
        region: authorization.map(|found| found.region.clone()),
        service: authorization.map(|found| found.service.clone()),
        session_token: header("x-amz-security-token"),
        host: header("host"),
        path: parts.uri.path().into(),
        content_type: header("content-type"),
        body: body.to_vec(),
    }
}

/// The queue that a body names, by URL or by name; empty when it names none.
fn queue_name(body: &[u8]) -> String {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Named {
        queue_url: Option<String>,
        queue_name: Option<String>,
    }
    let Ok(named) = serde_json::from_slice::<Named>(body) else { return String::new() };
    match (named.queue_url, named.queue_name) {
        (Some(url), _) => name_in(&url).to_owned(),
        (None, name) => name.unwrap_or_default(),
    }
}

pub(crate) fn refuse(refusal: &Refusal, request_id: &str) -> Response<Bytes> {
    let (kind, query, status) = refusal.code.wire();
    let body = error_body(Some(kind), Some(&refusal.message));
    respond(status, AWS_JSON, request_id, Some(&format!("{query};Sender")), body)
}

fn error_body(kind: Option<&str>, message: Option<&str>) -> Vec<u8> {
    let mut body = serde_json::Map::new();
    body.extend(kind.map(|kind| ("__type".to_owned(), kind.into())));
    body.extend(message.map(|message| ("message".to_owned(), message.into())));
    serde_json::Value::Object(body).to_string().into_bytes()
}

fn respond(
    status: u16,
    content_type: &str,
    request_id: &str,
    query: Option<&str>,
    body: Vec<u8>,
) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    for (name, value) in [("x-amzn-requestid", Some(request_id)), ("x-amzn-query-error", query)] {
        if let Some(value) = value.and_then(|value| HeaderValue::from_str(value).ok()) {
            headers.insert(name, value);
        }
    }
    if let Ok(value) = HeaderValue::from_str(content_type) {
        headers.insert(CONTENT_TYPE, value);
    }
    response
}

/// The paths that are ours: fault plans, recorded requests and queue depths for other processes.
fn steer(shared: &Shared, method: &Method, path: &str, body: &[u8]) -> Response<Bytes> {
    let (status, answer) = match (method.as_str(), path) {
        ("GET", "faults") => (200, json!(shared.faults.list())),
        ("POST", "faults") => match read_faults(body) {
            Ok(faults) => {
                let added = faults.len();
                faults.into_iter().for_each(|fault| shared.faults.add(fault));
                (200, json!({ "added": added }))
            }
            Err(error) => (400, json!({ "error": error.to_string() })),
        },
        ("DELETE", "faults") => {
            shared.faults.clear();
            (200, json!({}))
        }
        ("GET", "state") => (200, state(shared)),
        ("GET", "requests") => (200, requests(shared)),
        ("DELETE", "requests") => {
            shared.recorder.clear();
            (200, json!({}))
        }
        _ => (404, json!({ "error": "there are /_testkit/faults, /_testkit/state and /_testkit/requests" })),
    };
    respond(status, "application/json", "-", None, answer.to_string().into_bytes())
}

/// One plan or a list of plans.
fn read_faults(body: &[u8]) -> Result<Vec<Fault>, serde_json::Error> {
    let value: serde_json::Value = serde_json::from_slice(body)?;
    if value.is_array() {
        serde_json::from_value(value)
    } else {
        serde_json::from_value(value).map(|one| vec![one])
    }
}

fn state(shared: &Shared) -> serde_json::Value {
    let now = shared.clock.now();
    let queues: serde_json::Map<_, _> = shared
        .account
        .all()
        .into_iter()
        .map(|queue| {
            let (depth, counters) = (queue.read(now, |state| state.depth()), queue.counters());
            let value = json!({
                "visible": depth.visible, "inFlight": depth.in_flight, "delayed": depth.delayed,
                "sent": counters.sent, "deduplicated": counters.deduplicated, "received": counters.received,
                "deleted": counters.deleted, "deadLettered": counters.dead_lettered,
            });
            (queue.name.clone(), value)
        })
        .collect();
    let counts: serde_json::Map<_, _> = shared
        .recorder
        .counts()
        .into_iter()
        .map(|(operation, count)| (operation.name().into(), count.into()))
        .collect();
    json!({ "queues": queues, "requests": counts })
}

fn requests(shared: &Shared) -> serde_json::Value {
    let all = shared.recorder.requests().into_iter().map(|request| {
        let body = request.json().unwrap_or_else(|| String::from_utf8_lossy(&request.body).into());
        json!({
            "operation": request.operation.map(Operation::name), "queue": request.queue,
            "accessKeyId": request.access_key, "region": request.region, "service": request.service,
            "sessionToken": request.session_token, "host": request.host, "path": request.path,
            "contentType": request.content_type, "body": body,
        })
    });
    all.collect()
}
