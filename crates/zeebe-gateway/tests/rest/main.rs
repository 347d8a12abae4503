//! The client of the REST API against a server that answers as the tests say.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod server;

use connector_core::{ErrorKind, ProcessDefinitionKey, TenantId};
use secrecy::SecretString;
use serde_json::{Value, json};
use server::{Answer, Server};
use std::time::Duration;
use zeebe_gateway::{
    Credentials, GatewayClient, GatewayOptions, Lookup, OidcOptions, RestClient, RestOptions,
};

const SEARCH: &str = "POST /v2/process-definitions/search";
const STATISTICS: &str = "POST /v2/process-definitions/statistics/message-subscriptions";
const XML: &str = "GET /v2/process-definitions/7/xml";

async fn client(server: &Server) -> RestClient {
    client_with(server, Credentials::None).await
}

async fn client_with(server: &Server, credentials: Credentials) -> RestClient {
    let options = GatewayOptions { credentials, jitter_seed: Some(1), ..GatewayOptions::default() };
    let client = GatewayClient::connect(options).await.unwrap();
    client.rest(RestOptions { page_size: 2, ..RestOptions::new(server.address()) }).unwrap()
}

fn item(id: &str, key: i64) -> Value {
    json!({ "processDefinitionId": id, "processDefinitionKey": key.to_string(), "version": 1, "name": null,
            "tenantId": "<default>", "resourceName": "a.bpmn", "hasStartForm": false, "unknown": [1] })
}

fn page(items: &[Value], end: Option<&str>) -> Answer {
    let page = json!({ "totalItems": 3, "hasMoreTotalItems": false, "startCursor": "s", "endCursor": end });
    Answer::json(json!({ "items": items, "page": page }))
}

#[tokio::test]
async fn asks_for_page_after_page_until_one_is_empty() {
    let server = Server::start().await;
    server.plan(SEARCH, page(&[item("a", 1), item("b", 2)], Some("one")));
    server.plan(SEARCH, page(&[item("c", 3)], Some("two")));
    server.plan(SEARCH, page(&[], None));
    let found = client(&server).await.search_process_definitions().await.unwrap();
    let keys: Vec<i64> = found.iter().map(|definition| definition.key.get()).collect();
    assert_eq!(keys, [1, 2, 3]);
    let pages: Vec<Value> = server.bodies(SEARCH).iter().map(|body| body["page"].clone()).collect();
    let expected =
        [json!({"limit": 2}), json!({"limit": 2, "after": "one"}), json!({"limit": 2, "after": "two"})];
    assert_eq!(pages, expected);
    assert_eq!(server.bodies(SEARCH)[0]["filter"], json!({ "isLatestVersion": true }));
}

#[tokio::test]
async fn stops_at_a_page_that_names_no_end() {
    for end in [None, Some(""), Some("  ")] {
        let server = Server::start().await;
        server.plan(SEARCH, page(&[item("a", 1)], end));
        assert_eq!(client(&server).await.search_process_definitions().await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn breaks_off_when_the_same_page_comes_again() {
    let server = Server::start().await;
    for _ in 0..2 {
        server.plan(SEARCH, page(&[item("a", 1)], Some("one")));
    }
    let error = client(&server).await.search_process_definitions().await.unwrap_err();
    assert_eq!(error.code(), "REST_ENDLESS");
}

#[tokio::test]
async fn a_page_that_fails_makes_the_search_fail() {
    let server = Server::start().await;
    server.plan(SEARCH, page(&[item("a", 1)], Some("one")));
    server.plan(SEARCH, Answer::problem(500, "the index is broken"));
    let error = client(&server).await.search_process_definitions().await.unwrap_err();
    assert_eq!((error.code(), error.kind()), ("REST_REFUSED", ErrorKind::Retryable));
    assert!(error.to_string().contains("the index is broken"), "{error}");
}

#[tokio::test]
async fn retries_what_passes_and_nothing_else() {
    for status in [429, 502, 503, 504] {
        let server = Server::start().await;
        server.plan(XML, Answer::problem(status, "busy"));
        server.plan(XML, Answer::text(200, "text/xml;charset=UTF-8", "<a/>"));
        let read = client(&server).await.process_definition_xml(ProcessDefinitionKey::new(7)).await.unwrap();
        assert_eq!(read, Lookup::Found("<a/>".to_owned()), "{status}");
    }
    for status in [400, 500] {
        let server = Server::start().await;
        server.plan(XML, Answer::problem(status, "no"));
        assert!(client(&server).await.process_definition_xml(ProcessDefinitionKey::new(7)).await.is_err());
        assert_eq!(server.count(XML), 1, "{status}");
    }
}

#[tokio::test]
async fn gives_up_after_four_attempts() {
    let server = Server::start().await;
    for _ in 0..5 {
        server.plan(XML, Answer::problem(503, "busy"));
    }
    let error = client(&server).await.process_definition_xml(ProcessDefinitionKey::new(7)).await.unwrap_err();
    assert_eq!((error.kind(), server.count(XML)), (ErrorKind::Retryable, 4));
}

#[tokio::test]
async fn what_is_not_there_yet_is_no_error() {
    let server = Server::start().await;
    let client = client(&server).await;
    let key = ProcessDefinitionKey::new(7);
    server.plan(XML, Answer::problem(404, "Process Definition with key '7' not found"));
    assert_eq!(client.process_definition_xml(key).await.unwrap(), Lookup::NotThere);
    server.plan(XML, Answer::text(204, "", ""));
    assert_eq!(client.process_definition_xml(key).await.unwrap(), Lookup::NotThere);
    server.plan("GET /v2/process-definitions/7", Answer::problem(404, "not found"));
    assert_eq!(client.process_definition(key).await.unwrap(), Lookup::NotThere);
    server.plan("GET /v2/process-definitions/7", Answer::json(item("a", 7)));
    let Lookup::Found(definition) = client.process_definition(key).await.unwrap() else {
        panic!("it is there")
    };
    assert_eq!((definition.key, definition.tenant_id), (key, TenantId::default()));
}

#[tokio::test]
async fn a_cluster_without_statistics_says_so() {
    let server = Server::start().await;
    server.plan(STATISTICS, Answer::problem(404, "No endpoint"));
    let error = client(&server).await.message_subscription_statistics().await.unwrap_err();
    assert_eq!((error.code(), error.kind()), ("REST_UNSUPPORTED", ErrorKind::Terminal));
    let rows = [item("a", 5), json!({ "processDefinitionId": "old" })];
    server.plan(STATISTICS, page(&rows, Some("one")));
    server.plan(STATISTICS, page(&[], None));
    let subscribed = client(&server).await.message_subscription_statistics().await.unwrap();
    assert_eq!(subscribed.iter().map(|version| version.key.get()).collect::<Vec<_>>(), [5]);
    // A page without a cursor is none that this call takes.
    let pages: Vec<Value> = server.bodies(STATISTICS).iter().map(|body| body["page"].clone()).collect();
    assert_eq!(pages, [Value::Null, Value::Null, json!({ "limit": 2, "after": "one" })]);
}

#[tokio::test]
async fn a_web_page_is_no_answer() {
    let server = Server::start().await;
    let login = || Answer::text(200, "text/html; charset=utf-8", "<html>Log in</html>");
    server.plan(SEARCH, login());
    server.plan(XML, login());
    let client = client(&server).await;
    for error in [
        client.search_process_definitions().await.unwrap_err(),
        client.process_definition_xml(ProcessDefinitionKey::new(7)).await.unwrap_err(),
    ] {
        assert_eq!(error.code(), "REST_UNREADABLE");
        assert!(error.to_string().contains("text/html"), "{error}");
        assert!(error.to_string().contains("REST API"), "{error}");
    }
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_not_taken() {
    let server = Server::start().await;
    server.plan(XML, Answer::text(200, "text/xml", &"x".repeat(2_000)));
    let gateway = GatewayClient::connect(GatewayOptions::default()).await.unwrap();
    let options = RestOptions { max_response_bytes: 1_000, ..RestOptions::new(server.address()) };
    let error = gateway
        .rest(options)
        .unwrap()
        .process_definition_xml(ProcessDefinitionKey::new(7))
        .await
        .unwrap_err();
    assert_eq!(error.code(), "REST_TOO_LARGE");
}

#[tokio::test]
async fn a_server_that_never_answers_ends_at_the_deadline() {
    let server = Server::start().await;
    server.plan(XML, Answer::never());
    let options = GatewayOptions { request_timeout: Duration::from_millis(100), ..GatewayOptions::default() };
    let client =
        GatewayClient::connect(options).await.unwrap().rest(RestOptions::new(server.address())).unwrap();
    let error = client.process_definition_xml(ProcessDefinitionKey::new(7)).await.unwrap_err();
    assert_eq!((error.code(), error.kind()), ("REST_TIMED_OUT", ErrorKind::Retryable));
}

#[tokio::test]
async fn wrong_credentials_are_told_and_not_shown() {
    let server = Server::start().await;
    server.plan(SEARCH, Answer::problem(401, "who are you"));
    let password = SecretString::from("canary");
    let client = client_with(&server, Credentials::Basic { username: "u".to_owned(), password }).await;
    let error = client.search_process_definitions().await.unwrap_err();
    assert_eq!((error.code(), error.kind()), ("REST_DENIED", ErrorKind::Terminal));
    assert!(error.to_string().contains("credentials") && !error.to_string().contains("canary"), "{error}");
    assert_eq!(server.authorizations(SEARCH), ["Basic dTpjYW5hcnk="]);
    assert!(!format!("{client:?}").contains("canary"));
}

#[tokio::test]
async fn a_token_that_is_refused_is_replaced_once() {
    let server = Server::start().await;
    for token in ["old", "new"] {
        server.plan("POST /token", Answer::json(json!({ "access_token": token, "expires_in": 300 })));
    }
    server.plan(SEARCH, Answer::problem(401, "expired"));
    server.plan(SEARCH, page(&[], None));
    let oidc = OidcOptions::new("c", SecretString::from("s"), format!("{}/token", server.address()));
    let client = client_with(&server, Credentials::Oidc(Box::new(oidc))).await;
    assert_eq!(client.search_process_definitions().await.unwrap(), []);
    assert_eq!(server.authorizations(SEARCH), ["Bearer old", "Bearer new"]);
}

#[tokio::test]
async fn nobody_there_is_retryable() {
    let server = Server::start().await;
    let address = server.address();
    server.stop().await;
    let gateway = GatewayClient::connect(GatewayOptions::default()).await.unwrap();
    let client = gateway.rest(RestOptions::new(address)).unwrap();
    let error = client.search_process_definitions().await.unwrap_err();
    assert_eq!((error.code(), error.kind()), ("REST_UNREACHABLE", ErrorKind::Retryable));
}
