//! What a client needs to know: addresses, TLS, credentials, limits.

use crate::{OidcOptions, WallClock};
use secrecy::SecretString;
use std::{path::PathBuf, time::Duration};

/// How to reach a gateway. Plain values: reading them from an environment is the application's part.
///
/// The defaults are those of the Java client (its reference documentation), except where a field says so.
#[derive(Clone, Debug)]
pub struct GatewayOptions {
    /// One or more absolute URLs; `http` is plaintext, `https` is TLS. Calls go to them in turn.
    pub addresses: Vec<String>,
    /// How TLS is set up for `https` addresses.
    pub tls: TlsOptions,
    /// The authority to announce and to verify instead of the address's own.
    pub override_authority: Option<String>,
    /// Who we are.
    pub credentials: Credentials,
    /// How often a silent connection is pinged while calls are open; the gateway refuses pings without calls.
    pub keep_alive: Duration,
    /// How long a ping may stay unanswered before the connection counts as dead.
    pub keep_alive_timeout: Duration,
    /// How long to wait for a connection.
    pub connect_timeout: Duration,
    /// The deadline of each unary call.
    pub request_timeout: Duration,
    /// Added to the deadline of calls that wait inside the engine, so that its answer arrives before ours.
    pub request_timeout_offset: Duration,
    /// The largest answer that is taken, in bytes.
    pub max_response_bytes: usize,
    /// The largest command that is sent, in bytes; the broker takes 4 MiB unless it is configured otherwise.
    pub max_request_bytes: usize,
    /// The largest response metadata that is taken, in bytes.
    pub max_metadata_bytes: u32,
    /// How often a command about a job is sent at most; `None` = until the job's deadline.
    ///
    /// The Java runtime stops after three, within a fifth of a second: a broker that restarts then loses the outcome of
    /// every job in flight, and their work is done twice.
    pub job_command_attempts: Option<u32>,
    /// How many publish and create commands may be under way at once; fewer while the engine pushes back.
    pub max_concurrent_commands: usize,
    /// The name that the gateway sees.
    pub user_agent: String,
    /// Fixes the jitter of all waits; `None` = different in each process.
    pub jitter_seed: Option<u64>,
    /// The wall clock.
    pub wall_clock: WallClock,
}

impl GatewayOptions {
    /// The defaults, for one gateway.
    pub fn new(address: impl Into<String>) -> Self {
        Self { addresses: vec![address.into()], ..Self::default() }
    }
}

impl Default for GatewayOptions {
    fn default() -> Self {
        Self {
            addresses: vec!["http://localhost:26500".to_owned()],
            tls: TlsOptions::default(),
            override_authority: None,
            credentials: Credentials::None,
            keep_alive: Duration::from_secs(45),
            keep_alive_timeout: Duration::from_secs(20),
            connect_timeout: Duration::from_secs(5),
            request_timeout: Duration::from_secs(10),
            request_timeout_offset: Duration::from_secs(1),
            max_response_bytes: 5 * 1024 * 1024,
            max_request_bytes: 4 * 1024 * 1024,
            max_metadata_bytes: 16 * 1024,
            job_command_attempts: None,
            max_concurrent_commands: 256,
            user_agent: concat!("zeebe-gateway-rust/", env!("CARGO_PKG_VERSION")).to_owned(),
            jitter_seed: None,
            wall_clock: WallClock::default(),
        }
    }
}

/// How the two ends of a TLS connection prove who they are. Files are PEM.
#[derive(Clone, Debug, Default)]
pub struct TlsOptions {
    /// The authorities to trust instead of the system's.
    pub ca_certificate: Option<PathBuf>,
    /// Our own certificate, for servers that ask for one.
    pub client_identity: Option<ClientIdentity>,
}

/// A certificate with its key, both PEM files.
#[derive(Clone, Debug)]
pub struct ClientIdentity {
    /// The certificate, with the chain that it needs.
    pub certificate: PathBuf,
    /// Its private key, unencrypted.
    pub key: PathBuf,
}

/// Who we are to the gateway.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum Credentials {
    /// Nobody: the gateway asks for nothing.
    #[default]
    None,
    /// A user name with a password, sent with every call.
    Basic {
        /// The user name.
        username: String,
        /// The password.
        password: SecretString,
    },
    /// A token of an OpenID Connect provider, got with the client-credentials grant.
    Oidc(Box<OidcOptions>),
}
