//! What an operator does about an incident, with the two calls of the gateway that the connector itself never makes.

use crate::Engine;
use anyhow::{Context, Result};
use tonic::{Code, Request, client::Grpc, codegen::http::uri::PathAndQuery};
use tonic_prost::ProstCodec;

/// Keys of one partition follow one another, so what belongs to a young instance is not far behind its own key.
const NEAR: i64 = 300;

#[derive(Clone, PartialEq, prost::Message)]
struct UpdateJobRetries {
    #[prost(int64, tag = "1")]
    job_key: i64,
    #[prost(int32, tag = "2")]
    retries: i32,
}

#[derive(Clone, PartialEq, prost::Message)]
struct ResolveIncident {
    #[prost(int64, tag = "1")]
    incident_key: i64,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Nothing {}

impl Engine {
    /// Gives the failed job of an instance new retries and resolves the incident that it left.
    ///
    /// # Errors
    /// When there is no job or no incident, or the engine refuses.
    pub async fn raise_retries_and_resolve(&self, instance: i64, retries: i32) -> Result<()> {
        let raise = |job_key| self.call("UpdateJobRetries", UpdateJobRetries { job_key, retries });
        near(instance, raise).await?.context("the instance has no job")?;
        let resolve = |incident_key| self.call("ResolveIncident", ResolveIncident { incident_key });
        near(instance, resolve).await?.context("the instance has no incident")?;
        Ok(())
    }

    /// True when the engine did it, false when it knows no such key.
    async fn call<M: prost::Message + 'static>(&self, method: &str, message: M) -> Result<bool> {
        let mut grpc = Grpc::new(self.channel());
        grpc.ready().await?;
        let path = PathAndQuery::try_from(format!("/gateway_protocol.Gateway/{method}"))?;
        let codec = ProstCodec::<M, Nothing>::default();
        match grpc.unary(Request::new(message), path, codec).await {
            Ok(_) => Ok(true),
            Err(status) if status.code() == Code::NotFound => Ok(false),
            Err(status) => Err(status.into()),
        }
    }
}

/// The first key behind an instance's for which a call does something.
async fn near<F: Future<Output = Result<bool>>>(
    instance: i64,
    call: impl Fn(i64) -> F,
) -> Result<Option<i64>> {
    for key in instance..instance + NEAR {
        if call(key).await? {
            return Ok(Some(key));
        }
    }
    Ok(None)
}
