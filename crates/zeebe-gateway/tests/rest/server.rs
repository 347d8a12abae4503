//! An HTTP server that gives the planned answers, in order, and keeps what it was asked.

use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, StatusCode, body::Bytes, body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex},
};
use tokio::{net::TcpListener, task::JoinSet};

pub(crate) struct Server {
    address: String,
    shared: Arc<Mutex<Shared>>,
    tasks: JoinSet<()>,
}

#[derive(Default)]
struct Shared {
    planned: HashMap<String, VecDeque<Answer>>,
    /// What was asked, with its authorization and body.
    asked: Vec<(String, String, String)>,
}

pub(crate) struct Answer {
    status: u16,
    content_type: String,
    body: String,
    never: bool,
}

impl Answer {
    pub(crate) fn text(status: u16, content_type: &str, body: &str) -> Self {
        Self { status, content_type: content_type.to_owned(), body: body.to_owned(), never: false }
    }

    pub(crate) fn json(body: Value) -> Self {
        Self::text(200, "application/json", &body.to_string())
    }

    pub(crate) fn problem(status: u16, detail: &str) -> Self {
        let body = json!({ "type": "about:blank", "title": "problem", "status": status, "detail": detail });
        Self::text(status, "application/problem+json", &body.to_string())
    }

    pub(crate) fn never() -> Self {
        Self { never: true, ..Self::text(200, "", "") }
    }
}

impl Server {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Mutex::new(Shared::default()));
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
        Self { address, shared, tasks }
    }

    pub(crate) fn address(&self) -> String {
        self.address.clone()
    }

    pub(crate) fn plan(&self, request: &str, answer: Answer) {
        self.shared.lock().unwrap().planned.entry(request.to_owned()).or_default().push_back(answer);
    }

    pub(crate) fn count(&self, request: &str) -> usize {
        self.shared.lock().unwrap().asked.iter().filter(|(asked, ..)| asked == request).count()
    }

    pub(crate) fn bodies(&self, request: &str) -> Vec<Value> {
        let shared = self.shared.lock().unwrap();
        let asked = shared.asked.iter().filter(|(asked, ..)| asked == request);
        asked.map(|(_, _, body)| serde_json::from_str(body).unwrap()).collect()
    }

    pub(crate) fn authorizations(&self, request: &str) -> Vec<String> {
        let shared = self.shared.lock().unwrap();
        let asked = shared.asked.iter().filter(|(asked, ..)| asked == request);
        asked.map(|(_, authorization, _)| authorization.clone()).collect()
    }

    pub(crate) async fn stop(mut self) {
        self.tasks.shutdown().await;
    }
}

async fn answer(
    shared: Arc<Mutex<Shared>>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let name = format!("{} {}", request.method(), request.uri().path());
    let authorization =
        request.headers().get("authorization").map(|value| value.to_str().unwrap().to_owned());
    let body = request.into_body().collect().await?.to_bytes();
    let planned = {
        let mut shared = shared.lock().unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        shared.asked.push((name.clone(), authorization.unwrap_or_default(), body));
        shared.planned.get_mut(&name).and_then(VecDeque::pop_front)
    };
    let answer = planned.unwrap_or_else(|| Answer::problem(418, &format!("{name} is not planned")));
    if answer.never {
        std::future::pending::<()>().await;
    }
    let mut response = Response::new(Full::new(Bytes::from(answer.body)));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap();
    if !answer.content_type.is_empty() {
        response.headers_mut().insert("content-type", answer.content_type.parse().unwrap());
    }
    Ok(response)
}
