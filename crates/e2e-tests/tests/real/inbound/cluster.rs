//! The REST API that a cluster of today has beside its broker, for the broker that has none: it shows what a test
//! deployed there and who waits.

use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

/// A version of a process.
#[derive(Clone)]
pub(crate) struct Version {
    pub(crate) process: String,
    pub(crate) number: i32,
    pub(crate) xml: String,
    /// Whether instances of it wait for messages.
    pub(crate) subscribed: bool,
}

type Versions = Arc<Mutex<BTreeMap<i64, Version>>>;

pub(crate) struct Cluster {
    pub(crate) address: String,
    versions: Versions,
    _serving: JoinSet<()>,
}

impl Cluster {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let versions = Versions::default();
        let (mut serving, known) = (JoinSet::new(), Arc::clone(&versions));
        serving.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                connections.spawn(serve(socket, Arc::clone(&known)));
            }
        });
        Self { address, versions, _serving: serving }
    }

    /// Shows a version, or shows it otherwise than before.
    pub(crate) fn show(&self, key: i64, version: Version) {
        self.versions.lock().unwrap().insert(key, version);
    }
}

/// Answers requests until the client goes away.
async fn serve(mut socket: TcpStream, versions: Versions) {
    let (read, mut write) = socket.split();
    let mut read = BufReader::new(read);
    while let Some(path) = request(&mut read).await {
        let (status, kind, body) = answer(&path, &versions.lock().unwrap());
        let head =
            format!("HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n", body.len());
        if write.write_all((head + &body).as_bytes()).await.is_err() {
            return;
        }
    }
}

/// Reads a request to its end and gives its path.
async fn request(read: &mut (impl AsyncBufReadExt + Unpin)) -> Option<String> {
    let mut line = String::new();
    read.read_line(&mut line).await.ok()?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut length = 0;
    loop {
        let mut header = String::new();
        read.read_line(&mut header).await.ok()?;
        match header.trim().split_once(':') {
            None => break,
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse().ok()?
            }
            Some(_) => {}
        }
    }
    read.read_exact(&mut vec![0; length]).await.ok()?;
    Some(path)
}

fn answer(path: &str, versions: &BTreeMap<i64, Version>) -> (&'static str, &'static str, String) {
    let json = |value: Value| ("200 OK", "application/json", value.to_string());
    let key = path.split('/').nth(3).and_then(|key| key.parse::<i64>().ok());
    let found = key.and_then(|key| versions.get_key_value(&key));
    match (path, found) {
        ("/v2/process-definitions/search", _) => {
            let newer = |known: &Version| {
                versions.values().any(|other| other.process == known.process && other.number > known.number)
            };
            json(page(versions.iter().filter(|(_, known)| !newer(known))))
        }
        ("/v2/process-definitions/statistics/message-subscriptions", _) => {
            json(page(versions.iter().filter(|(_, known)| known.subscribed)))
        }
        (path, Some((_, version))) if path.ends_with("/xml") => ("200 OK", "text/xml", version.xml.clone()),
        (_, Some((key, version))) => json(item(*key, version)),
        _ => ("404 Not Found", "application/problem+json", json!({"title": "NOT_FOUND"}).to_string()),
    }
}

fn page<'a>(versions: impl Iterator<Item = (&'a i64, &'a Version)>) -> Value {
    let items: Vec<Value> = versions.map(|(key, version)| item(*key, version)).collect();
    json!({"items": items, "page": {"endCursor": null}})
}

fn item(key: i64, version: &Version) -> Value {
    json!({"processDefinitionId": version.process, "processDefinitionKey": key.to_string(),
           "version": version.number, "tenantId": "<default>"})
}
