//! From the settings to a client of the engine, and whether the engine is there.

use crate::{RuntimeError, settings::GatewaySettings};
use connector_core::{Backoff, Jitter};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};
use zeebe_gateway::{
    Credentials, GatewayClient, GatewayOptions, OidcOptions, RestClient, RestOptions, TlsOptions,
};

/// How often an engine that is there is asked whether it still is.
const INTERVAL: Duration = Duration::from_secs(30);

/// Makes the client; no connection is opened yet.
pub(crate) async fn connect(settings: &GatewaySettings) -> Result<GatewayClient, RuntimeError> {
    let options = GatewayOptions {
        addresses: settings.address.split(',').map(|address| address.trim().to_owned()).collect(),
        tls: TlsOptions { ca_certificate: settings.ca_certificate_path.clone(), client_identity: None },
        override_authority: settings.override_authority.clone(),
        credentials: credentials(settings)?,
        keep_alive: settings.keep_alive,
        request_timeout: settings.request_timeout,
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
        "oidc" => {
            let client_id = needed(given.client_id.as_ref(), "auth-client-id")?;
            let secret = needed(given.client_secret.as_ref(), "auth-client-secret")?;
            let url = needed(given.token_url.as_ref(), "auth-token-url")?;
            let mut options = OidcOptions::new(client_id, secret, url);
            options.audience.clone_from(&given.audience);
            options.scope.clone_from(&given.scope);
            Ok(Credentials::Oidc(Box::new(options)))
        }
        _ => Ok(Credentials::None),
    }
}

fn needed<T: Clone>(value: Option<&T>, name: &str) -> Result<T, RuntimeError> {
    value.cloned().ok_or_else(|| RuntimeError::Setting {
        place: format!("[gateway] {name}"),
        complaint: "is missing for this kind of authentication".to_owned(),
    })
}
