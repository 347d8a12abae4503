//! From the settings to a client of the engine, and whether the engine is there.

use crate::{
    RuntimeError,
    settings::{GatewayAuthentication, GatewaySettings, cluster},
};
use connector_core::{Backoff, Jitter};
use std::{path::PathBuf, time::Duration};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};
#[cfg(feature = "console-secrets")]
use zeebe_gateway::AccessTokens;
use zeebe_gateway::{
    ClientAssertion, ClientIdentity, ClientProof, Credentials, GatewayClient, GatewayOptions, KeyName,
    OidcOptions, RestClient, RestOptions, SaasCluster, TlsOptions, TokenUrl,
};

/// How often an engine that is there is asked whether it still is.
const INTERVAL: Duration = Duration::from_secs(30);

/// Makes the client; no connection is opened yet.
pub(crate) async fn connect(settings: &GatewaySettings) -> Result<GatewayClient, RuntimeError> {
    let max_metadata_bytes = u32::try_from(settings.max_metadata_size).unwrap_or(u32::MAX);
    let identity = (settings.client_certificate_path.as_ref(), settings.client_key_path.as_ref());
    let options = GatewayOptions {
        addresses: settings.address.split(',').map(|address| address.trim().to_owned()).collect(),
        tls: tls(
            settings.ca_certificate_path.as_ref(),
            identity,
            ["client-certificate-path", "client-key-path"],
        )?,
        override_authority: settings.override_authority.clone(),
        credentials: credentials(settings)?,
        keep_alive: settings.keep_alive,
        request_timeout: settings.request_timeout,
        request_timeout_offset: settings.request_timeout_offset,
        max_response_bytes: settings.max_message_size,
        max_metadata_bytes,
        user_agent: concat!("sqs-connector/", env!("CARGO_PKG_VERSION")).to_owned(),
        ..GatewayOptions::default()
    };
    Ok(GatewayClient::connect(options).await?)
}

/// Makes the client of the REST API, when its address is set.
pub(crate) fn rest(
    settings: &GatewaySettings,
    client: &GatewayClient,
) -> Result<Option<RestClient>, RuntimeError> {
    let address = settings.rest_address.clone();
    Ok(address.map(|address| client.rest(RestOptions::new(address))).transpose()?)
}

/// Logs when the engine goes away and when it comes back, until `shutdown`.
pub(crate) async fn watch(client: GatewayClient, address: String, shutdown: CancellationToken) {
    let backoff = Backoff::new(Duration::from_secs(1), INTERVAL, 2.0);
    let mut jitter = Jitter::new(u64::from(std::process::id()), 0.1);
    let mut failures = 0;
    let mut known = false;
    loop {
        let pause = match client.topology().await {
            Ok(topology) => {
                if !known || failures > 0 {
                    info!(address, version = topology.gateway_version, "the engine is there");
                }
                (known, failures) = (true, 0);
                INTERVAL
            }
            Err(error) => {
                failures += 1;
                if failures == 1 {
                    warn!(
                        address,
                        code = error.code.as_str(),
                        "the engine cannot be reached at {address}: {}; check ZEEBE_ADDRESS, CAMUNDA_CLIENT_GRPCADDRESS \
                         or [gateway] address; trying again until it answers",
                        error.message
                    );
                }
                backoff.delay_with(failures, &mut jitter)
            }
        };
        // Both only wait, so either can be dropped.
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

fn credentials(settings: &GatewaySettings) -> Result<Credentials, RuntimeError> {
    let given = &settings.authentication;
    let suggested = match (&given.client_id, &given.username) {
        (Some(_), _) => "oidc",
        (None, Some(_)) => "basic",
        (None, None) => "none",
    };
    match given.method.as_deref().unwrap_or(suggested) {
        "basic" => Ok(Credentials::Basic {
            username: needed(given.username.as_ref(), "auth-username")?,
            password: needed(given.password.as_ref(), "auth-password")?,
        }),
        "oidc" => Ok(Credentials::Oidc(Box::new(oidc(settings)?))),
        _ => Ok(Credentials::None),
    }
}

fn oidc(settings: &GatewaySettings) -> Result<OidcOptions, RuntimeError> {
    let given = &settings.authentication;
    let client_id = needed(given.client_id.as_ref(), "auth-client-id")?;
    let cluster = cluster(settings)?;
    let token_url = token_url(given, cluster.as_ref())?;
    let defaults = OidcOptions::with_proof(client_id, proof(given)?, token_url);
    // Source: the presets of the Java client for its cloud and for a cluster of one's own.
    let audience = || cluster.as_ref().map_or_else(|| "zeebe-api".to_owned(), SaasCluster::audience);
    let identity = (given.client_certificate_path.as_ref(), given.client_key_path.as_ref());
    let names = ["auth-client-certificate-path", "auth-client-key-path"];
    Ok(OidcOptions {
        audience: Some(given.audience.clone().unwrap_or_else(audience)),
        scope: given.scope.clone(),
        resource: given.resource.clone(),
        tls: tls(given.ca_certificate_path.as_ref(), identity, names)?,
        connect_timeout: given.connect_timeout.unwrap_or(defaults.connect_timeout),
        read_timeout: given.read_timeout.unwrap_or(defaults.read_timeout),
        refresh_before_expiry: given.refresh_before_expiry.unwrap_or(defaults.refresh_before_expiry),
        max_retries: given.max_retries.unwrap_or(defaults.max_retries),
        retry_initial_backoff: given.initial_backoff.unwrap_or(defaults.retry_initial_backoff),
        retry_backoff_multiplier: given.backoff_multiplier.unwrap_or(defaults.retry_backoff_multiplier),
        retryable_status_codes: given
            .retryable_status_codes
            .clone()
            .unwrap_or_else(|| defaults.retryable_status_codes.clone()),
        non_retryable_cooldown: given.non_retryable_cooldown.unwrap_or(defaults.non_retryable_cooldown),
        credentials_cache: given.credentials_cache_path.clone(),
        ..defaults
    })
}

/// Tokens for the gateway's client, for another service with an audience of its own.
#[cfg(feature = "console-secrets")]
pub(crate) fn tokens(settings: &GatewaySettings, audience: &str) -> Result<AccessTokens, RuntimeError> {
    let options = oidc(settings)?;
    // The file keeps one token for each client, and the gateway's is another one.
    let options = OidcOptions { audience: Some(audience.to_owned()), credentials_cache: None, ..options };
    Ok(AccessTokens::new(options, &GatewayOptions::default().user_agent)?)
}

fn token_url(given: &GatewayAuthentication, cluster: Option<&SaasCluster>) -> Result<TokenUrl, RuntimeError> {
    if let Some(url) = &given.token_url {
        return Ok(TokenUrl::Endpoint(url.clone()));
    }
    if let Some(url) = &given.well_known_configuration_url {
        return Ok(TokenUrl::WellKnownConfiguration(url.clone()));
    }
    if let Some(url) = &given.issuer_url {
        return Ok(TokenUrl::Issuer(url.clone()));
    }
    let preset = cluster.map(|cluster| TokenUrl::Endpoint(cluster.token_url()));
    preset.ok_or_else(|| missing("auth-token-url (or auth-issuer-url)"))
}

fn proof(given: &GatewayAuthentication) -> Result<ClientProof, RuntimeError> {
    let Some(key) = &given.assertion_key_path else {
        let secret = needed(given.client_secret.as_ref(), "auth-client-secret (or auth-assertion-key-path)")?;
        return Ok(ClientProof::Secret(secret));
    };
    let known_by = match (&given.assertion_certificate_path, &given.assertion_key_id) {
        (Some(path), _) => KeyName::Certificate(path.clone()),
        (None, Some(id)) => KeyName::Id(id.clone()),
        (None, None) => return Err(missing("auth-assertion-certificate-path (or auth-assertion-key-id)")),
    };
    Ok(ClientProof::Assertion(ClientAssertion { key: key.clone(), known_by }))
}

/// A certificate without its key, or a key without its certificate, is a mistake.
fn tls(
    ca_certificate: Option<&PathBuf>,
    identity: (Option<&PathBuf>, Option<&PathBuf>),
    [certificate_name, key_name]: [&str; 2],
) -> Result<TlsOptions, RuntimeError> {
    let client_identity = match identity {
        (None, None) => None,
        (certificate, key) => Some(ClientIdentity {
            certificate: needed(certificate, certificate_name)?,
            key: needed(key, key_name)?,
        }),
    };
    Ok(TlsOptions { ca_certificate: ca_certificate.cloned(), client_identity })
}

fn needed<T: Clone>(value: Option<&T>, name: &str) -> Result<T, RuntimeError> {
    value.cloned().ok_or_else(|| missing(name))
}

fn missing(name: &str) -> RuntimeError {
    RuntimeError::Setting {
        place: format!("[gateway] {name}"),
        complaint: "is missing for this kind of authentication".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Environment, Settings};

    fn settings(variables: &[(&str, &str)]) -> Settings {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Settings::load(None, &Environment::new(variables)).unwrap()
    }

    fn of(variables: &[(&str, &str)]) -> Result<Credentials, RuntimeError> {
        credentials(&settings(variables).gateway)
    }

    fn oidc_of(variables: &[(&str, &str)]) -> OidcOptions {
        match of(variables) {
            Ok(Credentials::Oidc(options)) => *options,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_cloud_needs_no_more_than_a_cluster_and_a_client() {
        let options = oidc_of(&[
            ("CAMUNDA_CLIENT_CLOUD_CLUSTERID", "f00d"),
            ("CAMUNDA_CLIENT_AUTH_CLIENTID", "client"),
            ("CAMUNDA_CLIENT_AUTH_CLIENTSECRET", "canary"),
        ]);
        let expected = TokenUrl::Endpoint("https://login.cloud.camunda.io/oauth/token".to_owned());
        assert_eq!((options.token_url, options.audience.as_deref()), (expected, Some("zeebe.camunda.io")));
    }

    #[test]
    fn every_setting_of_the_provider_arrives() {
        let options = oidc_of(&[
            ("ZEEBE_CLIENT_ID", "client"),
            ("SQS_CONNECTOR_GATEWAY_AUTH_ASSERTION_KEY_PATH", "key.pem"),
            ("SQS_CONNECTOR_GATEWAY_AUTH_ASSERTION_KEY_ID", "kid"),
            ("CAMUNDA_CLIENT_AUTH_ISSUERURL", "https://issuer.example"),
            ("ZEEBE_TOKEN_RESOURCE", "resource"),
            ("ZEEBE_TOKEN_SCOPE", "scope"),
            ("CAMUNDA_CLIENT_AUTH_CREDENTIALSCACHEPATH", "cache"),
            ("CAMUNDA_CLIENT_AUTH_READTIMEOUT", "PT7S"),
            ("CAMUNDA_CLIENT_AUTH_TOKENFETCHMAXRETRIES", "2"),
            ("CAMUNDA_CLIENT_AUTH_TOKENFETCHBACKOFFMULTIPLIER", "1.5"),
            ("CAMUNDA_CLIENT_AUTH_TOKENFETCHRETRYABLESTATUSCODES", "429,503"),
        ]);
        let ClientProof::Assertion(assertion) = &options.proof else { panic!("{options:?}") };
        assert_eq!(assertion.known_by, KeyName::Id("kid".to_owned()));
        assert_eq!(options.token_url, TokenUrl::Issuer("https://issuer.example".to_owned()));
        assert_eq!(
            (options.resource.as_deref(), options.scope.as_deref()),
            (Some("resource"), Some("scope"))
        );
        assert_eq!(options.audience.as_deref(), Some("zeebe-api"));
        assert_eq!(options.credentials_cache, Some(PathBuf::from("cache")));
        assert_eq!((options.read_timeout, options.max_retries), (Duration::from_secs(7), 2));
        assert_eq!((options.retry_backoff_multiplier, options.retryable_status_codes), (1.5, vec![429, 503]));
    }

    #[test]
    fn what_is_missing_is_named() {
        for (variables, name) in [
            (vec![("CAMUNDA_CLIENT_AUTH_METHOD", "oidc")], "auth-client-id"),
            (vec![("ZEEBE_CLIENT_ID", "client")], "auth-token-url"),
            (
                vec![("ZEEBE_CLIENT_ID", "client"), ("ZEEBE_AUTHORIZATION_SERVER_URL", "http://idp/token")],
                "auth-client-secret",
            ),
            (vec![("CAMUNDA_CLIENT_AUTH_USERNAME", "user")], "auth-password"),
        ] {
            let error = of(&variables).unwrap_err().to_string();
            assert!(error.contains(name), "{error}");
        }
    }

    #[tokio::test]
    async fn a_certificate_without_its_key_is_refused() {
        let settings = settings(&[("SQS_CONNECTOR_GATEWAY_CLIENT_CERTIFICATE_PATH", "client.pem")]);
        let error = connect(&settings.gateway).await.unwrap_err().to_string();
        assert!(error.contains("client-key-path"), "{error}");
    }

    #[tokio::test]
    async fn what_the_client_cannot_use_is_told_with_the_setting_that_gave_it() {
        for (name, value, setting) in [
            ("SQS_CONNECTOR_GATEWAY_CA_CERTIFICATE_PATH", "missing.pem", "[gateway] ca-certificate-path"),
            ("SQS_CONNECTOR_GATEWAY_OVERRIDE_AUTHORITY", "a b", "[gateway] override-authority: "),
            ("ZEEBE_AUTHORIZATION_SERVER_URL", "login", "[gateway] auth-token-url: "),
            ("SQS_CONNECTOR_GATEWAY_AUTH_CA_CERTIFICATE_PATH", "missing.pem", "auth-ca-certificate-path: "),
        ] {
            let mut variables = vec![
                ("ZEEBE_ADDRESS", "https://localhost:1"),
                ("ZEEBE_AUTHORIZATION_SERVER_URL", "https://localhost:2/token"),
                ("ZEEBE_CLIENT_ID", "client"),
                ("ZEEBE_CLIENT_SECRET", "canary"),
            ];
            variables.retain(|(other, _)| *other != name);
            variables.push((name, value));
            let error = connect(&settings(&variables).gateway).await.unwrap_err().to_string();
            assert!(error.contains(setting), "{name}: {error}");
        }
    }
}
