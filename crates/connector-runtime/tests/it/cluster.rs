//! The REST API of a cluster: the definitions that a test puts into it, as 8.8 and later answer.

use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, StatusCode, body::Bytes, body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};
use tokio::{net::TcpListener, sync::Notify, task::JoinSet};

pub(crate) struct Cluster {
    pub(crate) address: String,
    shared: Arc<Shared>,
    _tasks: JoinSet<()>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    asked: Notify,
}

#[derive(Default)]
struct State {
    /// By key: id, version, BPMN; whether the search shows it as the latest.
    definitions: BTreeMap<i64, (String, i32, String, bool)>,
    subscribed: Vec<i64>,
    broken: bool,
    counts: BTreeMap<&'static str, u64>,
}

impl Cluster {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared::default());
        let (mut tasks, serving) = (JoinSet::new(), Arc::clone(&shared));
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                let shared = Arc::clone(&serving);
                let service = service_fn(move |request| answer(Arc::clone(&shared), request));
                connections.spawn(async move {
                    let connection = hyper::server::conn::http1::Builder::new();
                    let _ = connection.serve_connection(TokioIo::new(socket), service).await;
                });
            }
        });
        Self { address, shared, _tasks: tasks }
    }

    /// Shows a version as the latest of its process.
    pub(crate) fn show(&self, key: i64, process: &str, version: i32, xml: &str) {
        let mut state = self.shared.state();
        for known in state.definitions.values_mut().filter(|known| known.0 == process) {
            known.3 = false;
        }
        state.definitions.insert(key, (process.to_owned(), version, xml.to_owned(), true));
    }

    /// Has a version's BPMN and does not show the version in searches.
    pub(crate) fn keep(&self, key: i64, process: &str, version: i32, xml: &str) {
        self.shared.state().definitions.insert(key, (process.to_owned(), version, xml.to_owned(), false));
    }

    pub(crate) fn subscribe(&self, key: i64) {
        self.shared.state().subscribed.push(key);
    }

    pub(crate) fn forget(&self, key: i64) {
        self.shared.state().definitions.remove(&key);
    }

    /// Whether every answer is a web page from now on.
    pub(crate) fn set_broken(&self, broken: bool) {
        self.shared.state().broken = broken;
    }

    pub(crate) fn count(&self, what: &'static str) -> u64 {
        self.shared.state().counts.get(what).copied().unwrap_or_default()
    }

    /// Waits until `what` was asked for `more` times from now on.
    pub(crate) async fn asked(&self, what: &'static str, more: u64) {
        let wanted = self.count(what) + more;
        loop {
            let mut asked = std::pin::pin!(self.shared.asked.notified());
            asked.as_mut().enable();
            if self.count(what) >= wanted {
                return;
            }
            asked.await;
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

async fn answer(
    shared: Arc<Shared>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let path = request.uri().path().to_owned();
    let body = request.into_body().collect().await?.to_bytes();
    let after =
        serde_json::from_slice::<Value>(&body).ok().is_some_and(|body| body["page"]["after"].is_string());
    let (status, content_type, text) = shared.state().answer(&path, after);
    shared.asked.notify_waiters();
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    response.headers_mut().insert("content-type", content_type.parse().unwrap());
    Ok(response)
}

impl State {
    fn answer(&mut self, path: &str, after: bool) -> (u16, &'static str, String) {
        let what = match path {
            "/v2/process-definitions/search" => "search",
            "/v2/process-definitions/statistics/message-subscriptions" => "statistics",
            _ if path.ends_with("/xml") => "xml",
            _ => "definition",
        };
        *self.counts.entry(what).or_default() += 1;
        if self.broken {
            return (200, "text/html", "<html>".to_owned());
        }
        let key = path.split('/').nth(3).and_then(|key| key.parse::<i64>().ok());
        let found = key.and_then(|key| self.definitions.get(&key).map(|definition| (key, definition)));
        match (what, found) {
            ("search", _) => page(self.definitions.iter().filter(|(_, known)| known.3).map(item), after),
            ("statistics", _) => {
                let known = self.subscribed.iter().filter_map(|key| self.definitions.get_key_value(key));
                page(known.map(item), after)
            }
            ("xml", Some((_, definition))) => (200, "text/xml", definition.2.clone()),
            (_, Some((key, definition))) => (200, "application/json", item((&key, definition)).to_string()),
            _ => {
                (404, "application/problem+json", json!({ "title": "NOT_FOUND", "status": 404 }).to_string())
            }
        }
    }
}

fn item((key, definition): (&i64, &(String, i32, String, bool))) -> Value {
    json!({ "processDefinitionId": definition.0, "processDefinitionKey": key.to_string(),
            "version": definition.1, "tenantId": "<default>" })
}

fn page(items: impl Iterator<Item = Value>, after: bool) -> (u16, &'static str, String) {
    let items: Vec<Value> = if after { Vec::new() } else { items.collect() };
    let end = if items.is_empty() { Value::Null } else { "end".into() };
    (200, "application/json", json!({ "items": items, "page": { "endCursor": end } }).to_string())
}
