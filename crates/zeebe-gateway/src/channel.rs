//! Connections to the gateways: one for each address, opened when needed, used in turn.

use crate::{GatewayError, GatewayOptions, TlsOptions, clock::after, gathered::Gathered};
use hyper_util::client::legacy::connect::HttpConnector;
use std::{
    error::Error,
    path::Path,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::time::Instant;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity, Uri};
use tower::ServiceExt;

/// Small enough that a gateway notices a worker that stops reading, large enough for a page of jobs.
const STREAM_WINDOW_BYTES: u32 = 256 * 1024;
/// Large enough that one stream that is not read cannot hold up the others.
const CONNECTION_WINDOW_BYTES: u32 = 8 * 1024 * 1024;

/// After so many calls in a row without an answer a connection counts as dead, though nobody closed it.
///
/// They must not all be of one moment: an engine that recovers may leave many calls unanswered at once.
const UNANSWERED_BEFORE_NEW: u32 = 3;
/// How often TCP asks a silent peer, once `keep_alive` has passed, and how many times before it gives the peer up.
const PROBE_INTERVAL: Duration = Duration::from_secs(10);
const PROBES: u32 = 3;
/// For how long a gateway that was unavailable is left out while there are others.
const AVOIDED: Duration = Duration::from_secs(10);

/// The connections. A dead one is reopened by the next call that gets it.
#[derive(Debug)]
pub(crate) struct Channels {
    gateways: Vec<Gateway>,
    turn: AtomicUsize,
}

#[derive(Debug)]
struct Gateway {
    /// `None` for a connection of the caller's.
    anew: Option<Anew>,
    state: Mutex<State>,
}

/// How to connect anew, and after how much silence.
#[derive(Debug)]
struct Anew {
    endpoint: Endpoint,
    connector: HttpConnector,
    silence: Duration,
}

impl Anew {
    /// A connection that is made when it is needed.
    fn channel(&self) -> Channel {
        self.endpoint.connect_with_connector_lazy(self.connector.clone().map_response(Gathered::new))
    }
}

#[derive(Debug)]
struct State {
    channel: Channel,
    avoided_until: Option<Instant>,
    /// Calls in a row that nobody answered.
    unanswered: u32,
    /// When somebody answered for the last time, or the connection was made.
    answered: Instant,
}

impl Channels {
    pub(crate) fn open(options: &GatewayOptions) -> Result<Self, GatewayError> {
        if options.addresses.is_empty() {
            return Err(GatewayError::NoAddress);
        }
        let gateway = |address: &String| {
            let endpoint = endpoint(address, options)?;
            let silence = options.request_timeout.saturating_mul(UNANSWERED_BEFORE_NEW - 1);
            let anew = Anew { endpoint, connector: connector(options), silence };
            Ok(Gateway::new(anew.channel(), Some(anew)))
        };
        let gateways = options.addresses.iter().map(gateway).collect::<Result<_, GatewayError>>()?;
        Ok(Self { gateways, turn: AtomicUsize::new(0) })
    }

    /// The next connection in turn; a call that is tried again thus goes to another gateway.
    /// Those that were unavailable a moment ago are left out, unless all were.
    pub(crate) fn next(&self) -> Option<(usize, Channel)> {
        let count = self.gateways.len();
        let first = self.turn.fetch_add(1, Ordering::Relaxed).checked_rem(count)?;
        let turns = || (first..count).chain(0..first);
        let now = Instant::now();
        let good =
            turns().find(|index| self.gateways.get(*index).is_some_and(|gateway| gateway.is_good(now)));
        let index = good.unwrap_or(first);
        self.gateways.get(index).map(|gateway| (index, gateway.lock().channel.clone()))
    }

    /// Notes what became of a call.
    pub(crate) fn note(&self, index: usize, outcome: Outcome) {
        if let Some(gateway) = self.gateways.get(index) {
            gateway.note(outcome);
        }
    }
}

/// What became of a call, as far as its connection is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The gateway said something.
    Answered,
    /// There is no gateway, or it cannot work at present.
    Unavailable,
    /// Nothing came.
    Unanswered,
}

impl Gateway {
    fn new(channel: Channel, anew: Option<Anew>) -> Self {
        let state = State { channel, avoided_until: None, unanswered: 0, answered: Instant::now() };
        Self { anew, state: Mutex::new(state) }
    }

    fn is_good(&self, now: Instant) -> bool {
        self.lock().avoided_until.is_none_or(|until| until <= now)
    }

    fn note(&self, outcome: Outcome) {
        let mut state = self.lock();
        let now = Instant::now();
        if outcome != Outcome::Unanswered {
            (state.unanswered, state.answered) = (0, now);
            if outcome == Outcome::Unavailable {
                state.avoided_until = Some(after(now, AVOIDED));
            }
            return;
        }
        state.unanswered = state.unanswered.saturating_add(1);
        let Some(anew) = &self.anew else { return };
        if state.unanswered >= UNANSWERED_BEFORE_NEW && now >= after(state.answered, anew.silence) {
            tracing::warn!(gateway = %anew.endpoint.uri(), "the connection has gone silent and is replaced");
            (state.unanswered, state.answered) = (0, now);
            state.channel = anew.channel();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl From<Channel> for Channels {
    fn from(channel: Channel) -> Self {
        Self { gateways: vec![Gateway::new(channel, None)], turn: AtomicUsize::new(0) }
    }
}

fn endpoint(address: &str, options: &GatewayOptions) -> Result<Endpoint, GatewayError> {
    let uri = gateway_uri(address)?;
    let secure = uri.scheme_str() == Some("https");
    let mut endpoint = Endpoint::from(uri.clone())
        .user_agent(options.user_agent.as_str())
        .map_err(|_| GatewayError::InvalidUserAgent { user_agent: options.user_agent.clone() })?
        .connect_timeout(options.connect_timeout)
        .http2_keep_alive_interval(options.keep_alive)
        .keep_alive_timeout(options.keep_alive_timeout)
        .keep_alive_while_idle(false)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .http2_max_header_list_size(options.max_metadata_bytes);
    if let Some(authority) = &options.override_authority {
        endpoint = endpoint.origin(overridden(&uri, authority)?);
    }
    if secure {
        endpoint = endpoint
            .tls_config(tls(&options.tls, options.override_authority.as_deref())?)
            .map_err(|error| GatewayError::Tls { address: address.to_owned(), reason: reason(&error) })?;
    }
    Ok(endpoint)
}

fn connector(options: &GatewayOptions) -> HttpConnector {
    let mut connector = HttpConnector::new();
    // TLS comes on top where the scheme asks for it.
    connector.enforce_http(false);
    connector.set_nodelay(true);
    connector.set_connect_timeout(Some(options.connect_timeout));
    connector.set_keepalive(Some(options.keep_alive));
    connector.set_keepalive_interval(Some(PROBE_INTERVAL));
    connector.set_keepalive_retries(Some(PROBES));
    connector
}

fn gateway_uri(address: &str) -> Result<Uri, GatewayError> {
    let uri = address.trim().parse::<Uri>().ok();
    let usable = |uri: &Uri| {
        let whole = uri.authority().is_some_and(|authority| !authority.as_str().ends_with(':'));
        matches!(uri.scheme_str(), Some("http" | "https")) && whole
    };
    uri.filter(usable).ok_or_else(|| GatewayError::InvalidAddress { address: address.to_owned() })
}

fn overridden(uri: &Uri, authority: &str) -> Result<Uri, GatewayError> {
    let scheme = uri.scheme_str().unwrap_or("http");
    let origin = Uri::builder().scheme(scheme).authority(authority).path_and_query("/").build();
    origin.map_err(|_| GatewayError::InvalidAuthority { authority: authority.to_owned() })
}

fn tls(options: &TlsOptions, override_authority: Option<&str>) -> Result<ClientTlsConfig, GatewayError> {
    let mut config = ClientTlsConfig::new();
    config = match &options.ca_certificate {
        Some(path) => config.ca_certificate(Certificate::from_pem(read(path, "CA certificate")?)),
        None => config.with_native_roots(),
    };
    if let Some(identity) = &options.client_identity {
        let certificate = read(&identity.certificate, "client certificate")?;
        let key = read(&identity.key, "client key")?;
        config = config.identity(Identity::from_pem(certificate, key));
    }
    if let Some(host) = override_authority.and_then(|text| text.parse::<http::uri::Authority>().ok()) {
        config = config.domain_name(host.host());
    }
    Ok(config)
}

/// Reads a file of the configuration.
pub(crate) fn read(path: &Path, what: &'static str) -> Result<Vec<u8>, GatewayError> {
    std::fs::read(path).map_err(|source| GatewayError::UnreadableFile { what, path: path.to_owned(), source })
}

/// An error with all its causes.
pub(crate) fn reason(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_addresses_without_a_scheme_or_host() {
        for address in ["localhost:26500", "", "ftp://host", "/path", "http://", "http://http:"] {
            let error = gateway_uri(address).unwrap_err();
            assert_eq!(error.code(), "GATEWAY_INVALID_ADDRESS", "{address}");
        }
        assert!(gateway_uri(" http://localhost:26500 ").is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn takes_the_gateways_in_turn_and_leaves_out_those_that_were_unavailable() {
        let addresses = ["a", "b", "c"].map(|host| format!("http://{host}:1")).to_vec();
        let channels = Channels::open(&GatewayOptions { addresses, ..GatewayOptions::default() }).unwrap();
        let turns = |count: usize| (0..count).map(|_| channels.next().unwrap().0).collect::<Vec<_>>();
        assert_eq!(turns(4), [0, 1, 2, 0]);
        channels.note(2, Outcome::Unavailable);
        assert_eq!(turns(3), [1, 0, 0]);
        channels.note(0, Outcome::Unavailable);
        channels.note(1, Outcome::Unavailable);
        assert_eq!(turns(3), [1, 2, 0]);
        tokio::time::advance(AVOIDED).await;
        assert_eq!(turns(3), [1, 2, 0]);
    }
}
