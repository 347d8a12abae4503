//! The REST calls against Camunda's published description: what we send, and what we take.

use crate::{kit::handed_in, openapi::Api};
use connector_core::ProcessDefinitionKey;
use http_body_util::{BodyExt, Full};
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::{
    collections::VecDeque,
    path::Path,
    sync::{Arc, Mutex},
};
use tokio::{net::TcpListener, task::JoinSet};
use zeebe_gateway::{GatewayClient, GatewayOptions, Lookup, RestClient, RestOptions};

const SEARCH: &str = "/process-definitions/search";
const STATISTICS: &str = "/process-definitions/statistics/message-subscriptions";
const DEFINITION: &str = "/process-definitions/{processDefinitionKey}";
const XML: &str = "/process-definitions/{processDefinitionKey}/xml";
const KEY: i64 = 2_251_799_813_686_749;
const JSON: &str = "application/json";
const PROBLEM: &str = "application/problem+json";

fn api() -> Api {
    Api::read(Path::new(&handed_in("E2E_REST_API")))
}

/// Status, content type, body.
type Answer = (u16, &'static str, String);
/// Method, path, body.
type Asked = (String, String, String);

/// Gives the planned answers in order, and keeps what it was asked.
#[derive(Clone, Default)]
struct Server {
    planned: Arc<Mutex<VecDeque<Answer>>>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    async fn start(&self, tasks: &mut JoinSet<()>) -> RestClient {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let server = self.clone();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                let server = server.clone();
                let service = service_fn(move |request| server.clone().answer(request));
                let http = hyper::server::conn::http1::Builder::new();
                connections.spawn(async move { http.serve_connection(TokioIo::new(socket), service).await });
            }
        });
        let client = GatewayClient::connect(GatewayOptions::default()).await.unwrap();
        client.rest(RestOptions::new(address)).unwrap()
    }

    fn plan(&self, status: u16, kind: &'static str, body: &Value) {
        self.planned.lock().unwrap().push_back((status, kind, body.to_string()));
    }

    async fn answer(self, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, hyper::Error> {
        let (method, path) = (request.method().as_str().to_lowercase(), request.uri().path().to_owned());
        let body = request.into_body().collect().await?.to_bytes();
        self.asked.lock().unwrap().push((method, path, String::from_utf8(body.to_vec()).unwrap()));
        let (status, kind, body) = self.planned.lock().unwrap().pop_front().unwrap();
        let answer = Response::builder().status(status).header("content-type", kind);
        Ok(answer.body(Full::from(body)).unwrap())
    }
}

/// A page without items: the end of a search.
fn last_page(mut page: Value) -> Value {
    page["items"] = json!([]);
    page
}

#[tokio::test(flavor = "multi_thread")]
async fn every_request_is_one_that_the_published_api_takes() {
    let (api, server, mut tasks) = (api(), Server::default(), JoinSet::new());
    let client = server.start(&mut tasks).await;
    for path in [SEARCH, STATISTICS] {
        let page = api.sample(api.body("post", path, Some(200), JSON), true);
        for answer in [page.clone(), last_page(page)] {
            server.plan(200, JSON, &answer);
        }
    }
    server.plan(200, JSON, &api.sample(api.body("get", DEFINITION, Some(200), JSON), true));
    server.plan(200, "text/xml", &json!("<xml/>"));
    client.search_process_definitions().await.unwrap();
    client.message_subscription_statistics().await.unwrap();
    client.process_definition(ProcessDefinitionKey::new(KEY)).await.unwrap();
    client.process_definition_xml(ProcessDefinitionKey::new(KEY)).await.unwrap();

    let asked = server.asked.lock().unwrap().clone();
    let expected = [SEARCH, SEARCH, STATISTICS, STATISTICS, DEFINITION, XML];
    assert_eq!(asked.len(), expected.len());
    for ((method, path, body), expected) in asked.iter().zip(expected) {
        assert_eq!(path, &format!("/v2{}", expected.replace("{processDefinitionKey}", &KEY.to_string())));
        // An operation that is not published would not be found.
        let accepts = if expected == XML { "text/xml" } else { JSON };
        api.body(method, expected, Some(200), accepts);
        if method == "post" {
            let checked =
                api.check(&serde_json::from_str(body).unwrap(), api.body(method, expected, None, JSON));
            assert_eq!(checked, Ok(()), "{path}: {body}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_of_the_published_api_is_taken() {
    let (api, server, mut tasks) = (api(), Server::default(), JoinSet::new());
    let client = server.start(&mut tasks).await;
    for full in [true, false] {
        let sample = |method, path| api.sample(api.body(method, path, Some(200), JSON), full);
        let page = sample("post", SEARCH);
        server.plan(200, JSON, &page);
        if full {
            server.plan(200, JSON, &last_page(page.clone()));
        }
        let found = client.search_process_definitions().await.unwrap().remove(0);
        let item = &page["items"][0];
        assert_eq!(found.key.to_string(), item["processDefinitionKey"]);
        assert_eq!(
            (found.bpmn_process_id.as_str(), found.tenant_id.as_str()),
            (text(item, "processDefinitionId"), text(item, "tenantId"))
        );
        assert_eq!(json!([found.name, found.version]), json!([item["name"], item["version"]]));

        let definition = sample("get", DEFINITION);
        server.plan(200, JSON, &definition);
        let read = client.process_definition(ProcessDefinitionKey::new(KEY)).await.unwrap();
        assert!(
            matches!(&read, Lookup::Found(read) if read.key.to_string() == text(&definition, "processDefinitionKey"))
        );

        let page = sample("post", STATISTICS);
        server.plan(200, JSON, &page);
        if full {
            server.plan(200, JSON, &last_page(page.clone()));
        }
        let counted = client.message_subscription_statistics().await.unwrap().remove(0);
        assert_eq!(counted.key.to_string(), page["items"][0]["processDefinitionKey"]);
        assert_eq!(counted.bpmn_process_id, page["items"][0]["processDefinitionId"]);
    }
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_problem_is_told_in_its_words() {
    let (api, server, mut tasks) = (api(), Server::default(), JoinSet::new());
    let client = server.start(&mut tasks).await;
    for (path, status) in [(SEARCH, 400), (SEARCH, 401), (SEARCH, 403), (SEARCH, 500)] {
        let problem = api.sample(api.body("post", path, Some(status), PROBLEM), true);
        server.plan(status, PROBLEM, &problem);
        let error = client.search_process_definitions().await.unwrap_err().to_string();
        assert!(
            error.contains(text(&problem, "title")) && error.contains(text(&problem, "detail")),
            "{error}"
        );
    }
    let problem = api.sample(api.body("get", XML, Some(404), PROBLEM), true);
    server.plan(404, PROBLEM, &problem);
    assert_eq!(
        client.process_definition_xml(ProcessDefinitionKey::new(KEY)).await.unwrap(),
        Lookup::NotThere
    );
}

#[test]
fn the_check_finds_what_is_wrong() {
    let api = api();
    let search = |body: Value| api.check(&body, api.body("post", SEARCH, None, JSON));
    assert_eq!(search(json!({ "filter": { "isLatestVersion": true }, "page": { "limit": 1 } })), Ok(()));
    for wrong in [
        json!([]),
        json!({ "filters": {} }),
        json!({ "filter": { "isLatestVersion": "true" } }),
        json!({ "filter": { "latest": true } }),
        json!({ "page": { "limit": 0 } }),
        json!({ "page": { "limit": 1, "cursor": "a" } }),
        json!({ "sort": [{ "order": "ASC" }] }),
        json!({ "sort": [{ "field": "age" }] }),
    ] {
        assert!(search(wrong.clone()).is_err(), "{wrong}");
    }
    // This call takes no page without a cursor.
    let statistics = api.body("post", STATISTICS, None, JSON);
    assert!(api.check(&json!({ "page": { "limit": 1 } }), statistics).is_err());
}
