//! An SQS endpoint that hands out the recorded messages, one at a time in each queue, and records every call.

use http_body_util::{BodyExt as _, Full};
use hyper::{Request, Response, body::Bytes, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use md5::{Digest as _, Md5};
use serde_json::{Map, Value, json};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    net::TcpListener,
    sync::watch,
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};

/// A message that is neither deleted nor released after this time was kept.
const SETTLE: Duration = Duration::from_millis(700);

pub(crate) struct Server {
    pub(crate) endpoint: String,
    queues: Arc<Mutex<HashMap<String, Arc<Queue>>>>,
    accepting: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Server {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let queues = Arc::<Mutex<HashMap<String, Arc<Queue>>>>::default();
        let known = Arc::clone(&queues);
        let accepting = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let known = Arc::clone(&known);
                let serve = service_fn(move |request| answer(Arc::clone(&known), request));
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), serve));
            }
        });
        Self { endpoint, queues, accepting }
    }

    pub(crate) fn add(&self, name: String, queue: Arc<Queue>) {
        self.queues.lock().unwrap().insert(name, queue);
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Phase {
    New,
    InFlight(Instant),
    Again,
    Kept,
    Deleted,
}

struct Message {
    spec: Value,
    body: String,
    phase: Phase,
    redeliver: u64,
    handed: u32,
}

pub(crate) struct Queue {
    state: Mutex<State>,
    gates: watch::Sender<BTreeSet<String>>,
    events: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    messages: Vec<Message>,
    faults: BTreeMap<String, Vec<(Value, u64)>>,
    receives: BTreeSet<String>,
    pending: usize,
    most_pending: usize,
    receive_calls: usize,
}

impl Queue {
    pub(crate) fn new(
        spec: &Value,
        gates: watch::Sender<BTreeSet<String>>,
        events: watch::Sender<u64>,
    ) -> Self {
        let message = |spec: &Value| Message {
            body: expanded(spec["body"].as_str().unwrap()),
            phase: Phase::New,
            redeliver: spec["redeliver"].as_u64().unwrap_or(0),
            handed: 0,
            spec: spec.clone(),
        };
        let plan = |plan: &Value| (plan.clone(), plan["times"].as_u64().unwrap_or(1));
        let faults = spec["faults"].as_object().into_iter().flatten();
        let state = State {
            messages: spec["messages"].as_array().into_iter().flatten().map(message).collect(),
            faults: faults
                .map(|(op, plans)| (op.clone(), plans.as_array().unwrap().iter().map(plan).collect()))
                .collect(),
            ..State::default()
        };
        Self { state: Mutex::new(state), gates, events }
    }

    /// Settles what was left alone; the fate of each message, or `None` while one is out.
    pub(crate) fn fates(&self) -> BTreeMap<String, &'static str> {
        let mut state = self.state.lock().unwrap();
        self.settle(&mut state);
        let fate = |message: &Message| match message.phase {
            Phase::New => "notReceived",
            Phase::Deleted => "deleted",
            Phase::InFlight(_) | Phase::Again | Phase::Kept => "kept",
        };
        state.messages.iter().map(|m| (m.spec["id"].as_str().unwrap().to_owned(), fate(m))).collect()
    }

    /// Whether something is about to happen by itself.
    pub(crate) fn is_busy(&self) -> bool {
        let state = self.state.lock().unwrap();
        let gates = self.gates.borrow();
        state.messages.iter().any(|message| match message.phase {
            Phase::InFlight(_) | Phase::Again => true,
            Phase::New => {
                state.pending > 0 && gate(&message.spec["after"]).is_none_or(|gate| gates.contains(&gate))
            }
            Phase::Kept | Phase::Deleted => false,
        })
    }

    /// How many receives wait.
    pub(crate) fn pending(&self) -> usize {
        self.state.lock().unwrap().pending
    }

    pub(crate) fn receive_calls(&self) -> usize {
        self.state.lock().unwrap().receive_calls
    }

    pub(crate) fn recorded(&self) -> Value {
        let state = self.state.lock().unwrap();
        let receives: Vec<Value> =
            state.receives.iter().map(|text| serde_json::from_str(text).unwrap()).collect();
        json!({"receive": receives, "consumers": state.most_pending})
    }

    fn event(&self) {
        self.events.send_modify(|count| *count += 1);
    }

    fn open(&self, gate: String) {
        self.gates.send_if_modified(|gates| gates.insert(gate));
    }

    /// True while a message is out.
    fn settle(&self, state: &mut State) -> bool {
        let mut busy = false;
        for message in &mut state.messages {
            if let Phase::InFlight(since) = message.phase {
                if since.elapsed() >= SETTLE { self.release(message) } else { busy = true }
            }
        }
        busy
    }

    fn release(&self, message: &mut Message) {
        if message.redeliver > 0 {
            message.redeliver -= 1;
            message.phase = Phase::Again;
        } else {
            message.phase = Phase::Kept;
            self.open(settled(message.spec["id"].as_str().unwrap()));
        }
        self.event();
    }

    fn take(&self, parameters: &Value) -> Option<Value> {
        let mut state = self.state.lock().unwrap();
        if self.settle(&mut state) {
            return None;
        }
        let gates = self.gates.borrow().clone();
        let is_open =
            |message: &Message| gate(&message.spec["after"]).is_none_or(|gate| gates.contains(&gate));
        let message = state
            .messages
            .iter_mut()
            .find(|message| matches!(message.phase, Phase::New | Phase::Again) && is_open(message))?;
        message.phase = Phase::InFlight(Instant::now());
        message.handed += 1;
        self.event();
        Some(handed(message, parameters))
    }

    fn delete(&self, handle: &str) -> bool {
        let mut state = self.state.lock().unwrap();
        let Some(message) = state.messages.iter_mut().find(|message| is_handle_of(message, handle)) else {
            return false;
        };
        message.phase = Phase::Deleted;
        self.open(settled(message.spec["id"].as_str().unwrap()));
        self.event();
        true
    }

    fn change(&self, handle: &str, seconds: i64) -> bool {
        let mut state = self.state.lock().unwrap();
        let Some(message) = state.messages.iter_mut().find(|message| is_handle_of(message, handle)) else {
            return false;
        };
        if seconds == 0 && matches!(message.phase, Phase::InFlight(_)) {
            self.release(message);
        }
        true
    }

    fn fault(&self, operation: &str) -> Option<Value> {
        let mut state = self.state.lock().unwrap();
        let plans = state.faults.get_mut(operation)?;
        let (plan, left) = plans.iter_mut().find(|(_, left)| *left > 0)?;
        *left -= 1;
        let plan = plan.clone();
        self.event();
        Some(plan)
    }

    fn has_faults(&self) -> bool {
        self.state.lock().unwrap().faults.values().flatten().any(|(_, left)| *left > 0)
    }

    pub(crate) fn expects_more(&self) -> bool {
        let few = self.state.lock().unwrap().receive_calls < 6;
        self.has_faults() && few
    }
}

pub(crate) fn settled(id: &str) -> String {
    format!("settled {id}")
}

/// The gate that a condition of the corpus names.
pub(crate) fn gate(condition: &Value) -> Option<String> {
    let (kind, what) = condition.as_object()?.iter().next()?;
    Some(match what {
        Value::String(text) => format!("{kind} {text}"),
        other => format!("{kind} {other}"),
    })
}

/// `@REPEAT(c,n)@` is the character c, n times.
fn expanded(body: &str) -> String {
    let Some((before, rest)) = body.split_once("@REPEAT(") else { return body.to_owned() };
    let (call, after) = rest.split_once(")@").unwrap();
    let (character, times) = call.split_once(',').unwrap();
    format!("{before}{}{}", character.repeat(times.parse().unwrap()), expanded(after))
}

fn is_handle_of(message: &Message, handle: &str) -> bool {
    let id = message.spec["id"].as_str().unwrap();
    handle.strip_prefix("rh-").and_then(|rest| rest.rsplit_once('-')).is_some_and(|(known, _)| known == id)
}

fn handed(message: &Message, parameters: &Value) -> Value {
    let names = |fields: &[&str]| -> Vec<String> {
        let lists =
            fields.iter().flat_map(|field| parameters[*field].as_array().cloned().unwrap_or_default());
        lists.map(|name| name.as_str().unwrap().to_owned()).collect()
    };
    let system = names(&["AttributeNames", "MessageSystemAttributeNames"]);
    let user = names(&["MessageAttributeNames"]);
    let mut attributes = message.spec["attributes"].as_object().cloned().unwrap_or_default();
    if attributes.get("ApproximateReceiveCount").is_some_and(|count| count == "@COUNT@") {
        attributes["ApproximateReceiveCount"] = json!(message.handed.to_string());
    }
    attributes.retain(|name, _| system.iter().any(|asked| asked == "All" || asked == name));
    let mut user_attributes = message.spec["messageAttributes"].as_object().cloned().unwrap_or_default();
    user_attributes.retain(|name, _| user.iter().any(|asked| is_asked_for(name, asked)));
    let id = message.spec["id"].as_str().unwrap();
    let mut answer = json!({
        "MessageId": id, "ReceiptHandle": format!("rh-{id}-{}", message.handed), "Body": message.body,
        "MD5OfBody": hex(Md5::digest(&message.body).as_slice()),
    });
    if !attributes.is_empty() {
        answer["Attributes"] = attributes.into();
    }
    if !user_attributes.is_empty() {
        answer["MD5OfMessageAttributes"] = json!(digest(&user_attributes));
        answer["MessageAttributes"] = user_attributes.into();
    }
    answer
}

fn is_asked_for(name: &str, asked: &str) -> bool {
    let prefix = asked.strip_suffix(".*").is_some_and(|prefix| name.starts_with(prefix));
    asked == "All" || asked == ".*" || asked == name || prefix
}

fn digest(attributes: &Map<String, Value>) -> String {
    let sorted: BTreeMap<_, _> = attributes.iter().collect();
    let mut parts: Vec<(Vec<u8>, Option<u8>)> = Vec::new();
    for (name, attribute) in sorted {
        parts.push((name.as_bytes().to_vec(), None));
        parts.push((attribute["DataType"].as_str().unwrap().as_bytes().to_vec(), None));
        match attribute["BinaryValue"].as_str() {
            Some(text) => parts.push((decoded(text), Some(2))),
            None => parts.push((attribute["StringValue"].as_str().unwrap().as_bytes().to_vec(), Some(1))),
        }
    }
    let mut md5 = Md5::new();
    for (bytes, transport) in parts {
        md5.update(transport.as_slice());
        md5.update(u32::try_from(bytes.len()).unwrap().to_be_bytes());
        md5.update(&bytes);
    }
    hex(md5.finalize().as_slice())
}

fn decoded(text: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(text).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

type Answer = Result<Response<Full<Bytes>>, std::io::Error>;

async fn answer(queues: Arc<Mutex<HashMap<String, Arc<Queue>>>>, request: Request<Incoming>) -> Answer {
    let header = |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    let operation =
        header("x-amz-target").unwrap_or_default().rsplit('.').next().unwrap_or_default().to_owned();
    let signature = signature(&header("authorization").unwrap_or_default(), header("x-amz-security-token"));
    let body = request.into_body().collect().await.map_err(std::io::Error::other)?.to_bytes();
    let mut parameters: Value = serde_json::from_slice(&body).unwrap();
    let url = parameters.as_object_mut().unwrap().remove("QueueUrl").unwrap_or_default();
    let name = url
        .as_str()
        .unwrap_or_default()
        .trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or_default()
        .to_owned();
    let Some(queue) = queues.lock().unwrap().get(&name).cloned() else { return error("QueueDoesNotExist") };
    if operation == "ReceiveMessage" {
        let mut call = signature;
        call["params"] = parameters.clone();
        let mut state = queue.state.lock().unwrap();
        state.receives.insert(call.to_string());
        state.receive_calls += 1;
    }
    if let Some(fault) = queue.fault(&operation) {
        sleep(Duration::from_secs_f64(fault["delay"].as_f64().unwrap_or(0.0) / 2.0)).await;
        return match fault["code"].as_str().unwrap() {
            "close" => Err(std::io::Error::other("closed on purpose")),
            code => error(code),
        };
    }
    match operation.as_str() {
        "GetQueueAttributes" => json_answer(&json!({"Attributes": {
            "ApproximateNumberOfMessages": "0", "VisibilityTimeout": "30", "MessageRetentionPeriod": "345600",
            "QueueArn": format!("arn:aws:sqs:us-east-1:000000000000:{name}"),
        }})),
        "ReceiveMessage" => receive(&queue, &parameters).await,
        "DeleteMessage" if queue.delete(parameters["ReceiptHandle"].as_str().unwrap()) => {
            json_answer(&json!({}))
        }
        "ChangeMessageVisibility"
            if queue.change(parameters["ReceiptHandle"].as_str().unwrap(), seconds(&parameters)) =>
        {
            json_answer(&json!({}))
        }
        "DeleteMessage" | "ChangeMessageVisibility" => error("ReceiptHandleIsInvalid"),
        "DeleteMessageBatch" => {
            batch(&parameters, |entry| queue.delete(entry["ReceiptHandle"].as_str().unwrap()))
        }
        "ChangeMessageVisibilityBatch" => {
            batch(&parameters, |entry| queue.change(entry["ReceiptHandle"].as_str().unwrap(), seconds(entry)))
        }
        other => panic!("operation {other}"),
    }
}

fn seconds(entry: &Value) -> i64 {
    entry["VisibilityTimeout"].as_i64().unwrap()
}

const SYSTEM: [&str; 11] = [
    "All",
    "ApproximateFirstReceiveTimestamp",
    "ApproximateReceiveCount",
    "AWSTraceHeader",
    "MessageDeduplicationId",
    "MessageGroupId",
    "SenderId",
    "SentTimestamp",
    "SequenceNumber",
    "DeadLetterQueueSourceArn",
    "SqsManagedSseEnabled",
];

async fn receive(queue: &Arc<Queue>, parameters: &Value) -> Answer {
    for field in ["AttributeNames", "MessageSystemAttributeNames"] {
        let names = parameters[field].as_array().cloned().unwrap_or_default();
        if names.iter().any(|name| !SYSTEM.contains(&name.as_str().unwrap())) {
            return error("InvalidAttributeName");
        }
    }
    let pending = Pending::new(queue);
    let wait = Duration::from_secs(parameters["WaitTimeSeconds"].as_u64().unwrap_or(0));
    let polling = async {
        loop {
            if let Some(message) = queue.take(parameters) {
                return message;
            }
            sleep(Duration::from_millis(20)).await;
        }
    };
    let found = timeout(wait, polling).await;
    drop(pending);
    json_answer(&found.map_or_else(|_| json!({}), |message| json!({"Messages": [message]})))
}

/// Counts the receives that wait.
struct Pending<'a>(&'a Queue);

impl<'a> Pending<'a> {
    fn new(queue: &'a Queue) -> Self {
        let mut state = queue.state.lock().unwrap();
        state.pending += 1;
        state.most_pending = state.most_pending.max(state.pending);
        Self(queue)
    }
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        self.0.state.lock().unwrap().pending -= 1;
    }
}

fn batch(parameters: &Value, mut apply: impl FnMut(&Value) -> bool) -> Answer {
    let (mut successful, mut failed) = (Vec::new(), Vec::new());
    for entry in parameters["Entries"].as_array().unwrap() {
        if apply(entry) {
            successful.push(json!({"Id": entry["Id"]}));
        } else {
            failed.push(json!({"Id": entry["Id"], "Code": "ReceiptHandleIsInvalid", "SenderFault": true}));
        }
    }
    json_answer(&json!({"Successful": successful, "Failed": failed}))
}

/// Access key, region and token of a signature.
fn signature(authorization: &str, token: Option<String>) -> Value {
    let credential = authorization.split_once("Credential=").map(|(_, rest)| rest.split(',').next().unwrap());
    let parts: Vec<&str> = credential.unwrap_or_default().split('/').collect();
    let mut signature = json!({"accessKey": parts.first(), "region": parts.get(2)});
    if let Some(token) = token {
        signature["sessionToken"] = json!(token);
    }
    signature
}

fn json_answer(value: &Value) -> Answer {
    Ok(respond(200, value, None))
}

fn error(code: &str) -> Answer {
    let (status, kind, query, message) = match code {
        "QueueDoesNotExist" => (
            400,
            "com.amazonaws.sqs#QueueDoesNotExist",
            "AWS.SimpleQueueService.NonExistentQueue;Sender",
            "The specified queue does not exist.",
        ),
        "AccessDenied" => (
            403,
            "com.amazon.coral.service#AccessDeniedException",
            "AccessDenied;Sender",
            "User is not authorized to perform this action.",
        ),
        "SignatureDoesNotMatch" => (
            403,
            "com.amazon.coral.service#InvalidSignatureException",
            "SignatureDoesNotMatch;Sender",
            "The request signature we calculated does not match the signature you provided.",
        ),
        "InternalError" => (
            500,
            "com.amazonaws.sqs#InternalError",
            "InternalError;Receiver",
            "We encountered an internal error. Please try again.",
        ),
        "Unavailable" => (
            503,
            "com.amazonaws.sqs#ServiceUnavailable",
            "ServiceUnavailable;Receiver",
            "Service Unavailable",
        ),
        "Throttling" => {
            (400, "com.amazonaws.sqs#RequestThrottled", "RequestThrottled;Sender", "Rate exceeded")
        }
        "OverLimit" => {
            (400, "com.amazonaws.sqs#OverLimit", "OverLimit;Sender", "Too many messages in flight")
        }
        "ReceiptHandleIsInvalid" => (
            400,
            "com.amazonaws.sqs#ReceiptHandleIsInvalid",
            "ReceiptHandleIsInvalid;Sender",
            "The input receipt handle is invalid.",
        ),
        "InvalidAttributeName" => (
            400,
            "com.amazonaws.sqs#InvalidAttributeName",
            "InvalidAttributeName;Sender",
            "Unknown Attribute.",
        ),
        "InvalidParameterValue" => (
            400,
            "com.amazonaws.sqs#InvalidParameterValueException",
            "InvalidParameterValue;Sender",
            "Invalid parameter value.",
        ),
        other => panic!("fault {other}"),
    };
    Ok(respond(status, &json!({"__type": kind, "message": message}), Some(query)))
}

fn respond(status: u16, body: &Value, query: Option<&str>) -> Response<Full<Bytes>> {
    let mut response = Response::builder()
        .status(status)
        .header("content-type", "application/x-amz-json-1.0")
        .header("x-amzn-requestid", "00000000-0000-0000-0000-000000000000");
    if let Some(query) = query {
        response = response.header("x-amzn-query-error", query);
    }
    response.body(Full::new(Bytes::from(body.to_string()))).unwrap()
}
