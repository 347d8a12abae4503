//! An identity provider on a socket.

use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, StatusCode, body::Bytes, service::service_fn};
use hyper_util::rt::TokioIo;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};
use tokio::{net::TcpListener, task::JoinSet};

/// A planned answer that never comes.
pub(crate) const NOTHING: &str = "nothing";

/// An identity provider: counts its requests, answers with token-1, token-2, …, or with what was planned.
#[derive(Clone, Default)]
pub(crate) struct Provider {
    pub(crate) asked: Arc<Mutex<Vec<String>>>,
    planned: Arc<Mutex<VecDeque<(StatusCode, String)>>>,
}

impl Provider {
    pub(crate) async fn start(&self, tasks: &mut JoinSet<()>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let (provider, own_base) = (self.clone(), base.clone());
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                let (provider, base) = (provider.clone(), own_base.clone());
                let service = service_fn(move |request| provider.clone().answer(request, base.clone()));
                connections.spawn(async move {
                    let connection = hyper::server::conn::http1::Builder::new();
                    let _ = connection.serve_connection(TokioIo::new(socket), service).await;
                });
            }
        });
        base
    }

    async fn answer(
        self,
        request: Request<hyper::body::Incoming>,
        base: String,
    ) -> Result<Response<Full<Bytes>>, hyper::Error> {
        if request.uri().path() == "/realm/.well-known/openid-configuration" {
            let document = format!("{{\"token_endpoint\":\"{base}/token\"}}");
            return Ok(Response::new(Full::new(document.into())));
        }
        let body = request.into_body().collect().await?.to_bytes();
        let number = {
            let mut asked = self.asked.lock().unwrap();
            asked.push(String::from_utf8(body.to_vec()).unwrap());
            asked.len()
        };
        let token = format!(r#"{{"access_token":"token-{number}","token_type":"bearer","expires_in":300}}"#);
        let planned = self.planned.lock().unwrap().pop_front();
        let (status, text) = planned.unwrap_or((StatusCode::OK, token));
        if text == NOTHING {
            std::future::pending::<()>().await;
        }
        let kind = if text.starts_with('<') { "text/html" } else { "application/json" };
        let mut response = Response::new(Full::new(text.into()));
        response.headers_mut().insert("content-type", kind.parse().unwrap());
        *response.status_mut() = status;
        Ok(response)
    }

    pub(crate) fn plan(&self, status: StatusCode, text: &str) {
        self.planned.lock().unwrap().push_back((status, text.to_owned()));
    }

    pub(crate) fn forget_plans(&self) {
        self.planned.lock().unwrap().clear();
    }

    pub(crate) fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}
