//! From a path to an answer.

use super::{
    health::{HealthGroup, health},
    inbound::{self, Filter},
    metrics, outbound,
    view::View,
};
use http::{HeaderMap, Method, StatusCode, header};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

/// What is answered.
#[derive(Debug, PartialEq)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) content_type: &'static str,
    pub(super) body: String,
}

impl Answer {
    fn json(status: StatusCode, body: &Value) -> Self {
        Self { status, content_type: "application/json", body: body.to_string() }
    }

    fn ok(body: &Value) -> Self {
        Self::json(StatusCode::OK, body)
    }

    fn problem(status: StatusCode, detail: &str) -> Self {
        let title = status.canonical_reason().unwrap_or_default();
        Self::json(status, &json!({ "status": status.as_u16(), "title": title, "detail": detail }))
    }

    fn not_found() -> Self {
        Self::problem(StatusCode::NOT_FOUND, "nothing is here")
    }
}

/// Which paths a port answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// All.
    All,
    /// All but the actuator's.
    Api,
    /// The actuator's alone.
    Actuator,
}

/// Answers one request.
pub(super) async fn answer(
    view: &View,
    scope: Scope,
    method: &Method,
    path_and_query: (&str, &str),
    headers: &HeaderMap,
) -> Answer {
    let (path, query) = path_and_query;
    let segments: Vec<String> = path.split('/').filter(|segment| !segment.is_empty()).map(decoded).collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let is_actuator = segments.first() == Some(&"actuator");
    if (is_actuator && scope == Scope::Api) || (!is_actuator && scope == Scope::Actuator) {
        return Answer::not_found();
    }
    match (method, segments.as_slice()) {
        (&Method::GET, ["actuator", rest @ ..]) => actuator(view, rest).await,
        (&Method::GET, rest) => get(view, rest, query),
        (&Method::POST, ["inbound-instances", "executables", id, "reset"]) => reset(view, id, headers),
        _ => Answer::problem(StatusCode::METHOD_NOT_ALLOWED, "only GET, and POST to reset a consumer"),
    }
}

async fn actuator(view: &View, segments: &[&str]) -> Answer {
    let group = match segments {
        ["prometheus"] => {
            let body = metrics::metrics(view);
            let content_type = "text/plain;version=0.0.4;charset=utf-8";
            return Answer { status: StatusCode::OK, content_type, body };
        }
        ["health"] => HealthGroup::All,
        ["health", "liveness"] => HealthGroup::Liveness,
        ["health", "readiness"] => HealthGroup::Readiness,
        ["health", "startup"] => HealthGroup::Startup,
        _ => return Answer::not_found(),
    };
    let (is_up, body) = health(view, group).await;
    Answer::json(if is_up { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, &body)
}

fn get(view: &View, segments: &[&str], query: &str) -> Answer {
    let listed = || view.inbound.list();
    match segments {
        ["inbound"] => connectors(view, &Filter::of_query(query)),
        ["tenants", tenant, "inbound"] => {
            connectors(view, &Filter { tenant_id: Some((*tenant).to_owned()), ..Filter::of_query(query) })
        }
        ["tenants", tenant, "inbound", process, element, "logs"] => {
            let filter = Filter {
                tenant_id: Some((*tenant).to_owned()),
                bpmn_process_id: Some((*process).to_owned()),
                element_id: Some((*element).to_owned()),
                connector_type: None,
            };
            let logs: Vec<Value> = listed()
                .iter()
                .filter(|one| filter.matches(one))
                .map(|one| inbound::logs(one, view))
                .collect();
            Answer::ok(&logs.into())
        }
        ["inbound-instances"] => Answer::ok(&inbound::instances(&listed()).into()),
        ["inbound-instances", "metrics"] => Answer::ok(&inbound::metrics(view, None)),
        ["inbound-instances", "metrics", connector_type] => {
            Answer::ok(&inbound::metrics(view, Some(connector_type)))
        }
        ["inbound-instances", connector_type] => {
            let found =
                inbound::instances(&listed()).into_iter().find(|one| one["connectorId"] == **connector_type);
            found.map_or_else(Answer::not_found, |found| Answer::ok(&found))
        }
        ["inbound-instances", "executables", id, rest @ ..] => executable(view, None, id, rest),
        ["inbound-instances", connector_type, "executables", id, rest @ ..] => {
            executable(view, Some(connector_type), id, rest)
        }
        ["outbound"] => Answer::ok(&json!([outbound::connector(view)])),
        ["outbound", "metrics"] => Answer::ok(&outbound::metrics(view)),
        ["outbound", "metrics", job_type] if *job_type == view.job_type => {
            Answer::ok(&outbound::metrics(view))
        }
        ["outbound", job_type] if *job_type == view.job_type => {
            Answer::ok(&json!([outbound::connector(view)]))
        }
        _ => Answer::not_found(),
    }
}

fn connectors(view: &View, filter: &Filter) -> Answer {
    let listed = view.inbound.list();
    let found: Vec<Value> = listed.iter().filter(|one| filter.matches(one)).map(inbound::connector).collect();
    Answer::ok(&found.into())
}

fn executable(view: &View, connector_type: Option<&str>, id: &str, rest: &[&str]) -> Answer {
    let is_it = |one: &crate::listing::Listed| {
        one.id == id && connector_type.is_none_or(|wanted| one.connector_type == wanted)
    };
    let Some(found) = view.inbound.list().into_iter().find(is_it) else { return Answer::not_found() };
    match rest {
        [] => Answer::ok(&inbound::connector(&found)),
        ["health"] => Answer::ok(&inbound::health_of_runtime(&found, view)),
        ["logs"] => Answer::ok(&inbound::logs(&found, view)),
        _ => Answer::not_found(),
    }
}

/// Makes a consumer that could not be activated try again at once; whoever asks has to show the token.
fn reset(view: &View, id: &str, headers: &HeaderMap) -> Answer {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let given = given.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
    match &view.token {
        None => return Answer::problem(StatusCode::FORBIDDEN, "set [http] token to allow this"),
        Some(token) if !equal(token.expose_secret(), given) => {
            return Answer::problem(StatusCode::UNAUTHORIZED, "send Authorization: Bearer <token>");
        }
        Some(_) => {}
    }
    match view.inbound.retry(id) {
        None => Answer::not_found(),
        Some(true) => executable(view, None, id, &[]),
        Some(false) => Answer::problem(
            StatusCode::INTERNAL_SERVER_ERROR,
            "only a consumer that could not be activated can be reset",
        ),
    }
}

/// Takes as long for every wrong token of a length.
fn equal(expected: &str, given: &str) -> bool {
    let differing = expected.bytes().zip(given.bytes()).fold(0, |sum, (a, b)| sum | (a ^ b));
    expected.len() == given.len() && differing == 0
}

impl Filter {
    fn of_query(query: &str) -> Self {
        let mut filter = Self::default();
        for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            let value = Some(decoded(&value.replace('+', " ")));
            match name {
                "bpmnProcessId" => filter.bpmn_process_id = value,
                "elementId" => filter.element_id = value,
                "type" => filter.connector_type = value,
                "tenantId" => filter.tenant_id = value,
                _ => {}
            }
        }
        filter
    }
}

/// A part of a URL without its percent-escapes; one that is no escape stays as it is.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escape = match (first, after) {
            (b'%', [a, b, ..]) => {
                std::str::from_utf8(&[*a, *b]).ok().and_then(|hex| u8::from_str_radix(hex, 16).ok())
            }
            _ => None,
        };
        bytes.push(escape.unwrap_or(*first));
        rest = if escape.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_decoded_and_what_is_none_stays() {
        for (text, plain) in [
            ("io.camunda%3Aaws-sqs-inbound%3a1", "io.camunda:aws-sqs-inbound:1"),
            ("a%2", "a%2"),
            ("%zz%C3%A4", "%zzä"),
        ] {
            assert_eq!(decoded(text), plain);
        }
    }

    #[test]
    fn tokens_are_equal_only_as_a_whole() {
        assert!(equal("canary", "canary"));
        assert!(!equal("canary", "canar") && !equal("canary", "canarz") && !equal("canary", "canaryy"));
    }

    #[test]
    fn a_query_names_what_is_asked_for() {
        let filter = Filter::of_query("bpmnProcessId=a%20b&elementId=e&type=t&other=x&alone");
        assert_eq!(filter.bpmn_process_id.as_deref(), Some("a b"));
        assert_eq!((filter.element_id.as_deref(), filter.connector_type.as_deref()), (Some("e"), Some("t")));
        assert_eq!(filter.tenant_id, None);
    }
}
