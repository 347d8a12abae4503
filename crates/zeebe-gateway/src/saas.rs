//! Where Camunda's own cloud has its things.

use crate::{ClientProof, Credentials, GatewayOptions, OidcOptions, TokenUrl};

/// A cluster of Camunda 8 SaaS: its addresses follow from its id and its region.
///
/// ```
/// let cluster = zeebe_gateway::SaasCluster::new("f00d", "bru-2");
/// assert_eq!(cluster.grpc_address(), "https://f00d.bru-2.zeebe.camunda.io:443");
/// assert_eq!(cluster.rest_address(), "https://bru-2.zeebe.camunda.io:443/f00d");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaasCluster {
    /// The cluster's id.
    pub id: String,
    /// Its region.
    pub region: String,
    /// The cloud's domain.
    pub domain: String,
    /// The port of both addresses.
    pub port: u16,
}

impl SaasCluster {
    /// A cluster in the public cloud.
    pub fn new(id: impl Into<String>, region: impl Into<String>) -> Self {
        Self { id: id.into(), region: region.into(), domain: "camunda.io".to_owned(), port: 443 }
    }

    /// The URL of the gRPC API.
    pub fn grpc_address(&self) -> String {
        format!("https://{}.{}.zeebe.{}:{}", self.id, self.region, self.domain, self.port)
    }

    /// The URL of the REST API; `/v2` comes after it.
    pub fn rest_address(&self) -> String {
        format!("https://{}.zeebe.{}:{}/{}", self.region, self.domain, self.port, self.id)
    }

    /// The token endpoint.
    pub fn token_url(&self) -> String {
        format!("https://login.cloud.{}/oauth/token", self.domain)
    }

    /// The audience that tokens are for.
    pub fn audience(&self) -> String {
        format!("zeebe.{}", self.domain)
    }

    /// How to get tokens for the cluster.
    pub fn oidc(&self, client_id: impl Into<String>, proof: ClientProof) -> OidcOptions {
        let token_url = TokenUrl::Endpoint(self.token_url());
        let options = OidcOptions::with_proof(client_id, proof, token_url);
        OidcOptions { audience: Some(self.audience()), ..options }
    }

    /// Everything that a client of the cluster needs.
    pub fn options(&self, client_id: impl Into<String>, proof: ClientProof) -> GatewayOptions {
        let credentials = Credentials::Oidc(Box::new(self.oidc(client_id, proof)));
        GatewayOptions { credentials, ..GatewayOptions::new(self.grpc_address()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_follows_from_the_id_and_the_region() {
        let cluster =
            SaasCluster { domain: "dev.example".to_owned(), port: 8443, ..SaasCluster::new("id", "r") };
        let options = cluster.options("client", ClientProof::Secret("canary".into()));
        assert_eq!(options.addresses, ["https://id.r.zeebe.dev.example:8443"]);
        assert_eq!(cluster.rest_address(), "https://r.zeebe.dev.example:8443/id");
        let Credentials::Oidc(oidc) = &options.credentials else { panic!("{options:?}") };
        assert_eq!(
            oidc.token_url,
            TokenUrl::Endpoint("https://login.cloud.dev.example/oauth/token".to_owned())
        );
        assert_eq!(oidc.audience.as_deref(), Some("zeebe.dev.example"));
        assert!(!format!("{options:?}").contains("canary"));
    }
}
