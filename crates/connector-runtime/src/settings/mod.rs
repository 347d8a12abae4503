//! What an operator can set, with its defaults.

mod environment;
mod file;
mod http;
mod parse;
mod presets;
mod table;

pub use environment::Environment;
pub use http::HttpSettings;
pub(crate) use presets::cluster;
pub use table::{SETTINGS, Setting};

use crate::RuntimeError;
use connector_core::TenantId;
use secrecy::SecretString;
use std::{path::Path, path::PathBuf, time::Duration};

/// Everything that an operator can set. Sources, the later wins: defaults, file, environment.
///
/// The names and their meaning are listed in [`SETTINGS`].
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// How the process engine is reached.
    pub gateway: GatewaySettings,
    /// The job worker.
    pub outbound: OutboundSettings,
    /// The consumers.
    pub inbound: InboundSettings,
    /// What connectors may do with AWS.
    pub aws: AwsSettings,
    /// Where secrets come from.
    pub secrets: SecretSettings,
    /// The process as a whole.
    pub runtime: RuntimeSettings,
    /// The endpoints for operators.
    pub http: HttpSettings,
    /// What is logged, and how.
    pub log: LogSettings,
}

/// `[gateway]`: how the process engine is reached.
#[derive(Clone, Debug)]
pub struct GatewaySettings {
    /// The gRPC address; `http` is plain text, `https` is TLS.
    pub address: String,
    /// The REST address; `None` = the cluster's REST API is not used.
    pub rest_address: Option<String>,
    /// A PEM file with the certificate authorities to trust, instead of the system's.
    pub ca_certificate_path: Option<PathBuf>,
    /// The name to check the gateway's certificate against, instead of the address's host.
    pub override_authority: Option<String>,
    /// A PEM file with our own certificate, for gateways that ask for one.
    pub client_certificate_path: Option<PathBuf>,
    /// The PEM file with the key of that certificate.
    pub client_key_path: Option<PathBuf>,
    /// How long a command may take.
    pub request_timeout: Duration,
    /// How much longer we wait for what waits inside the engine.
    pub request_timeout_offset: Duration,
    /// The largest answer, in bytes.
    pub max_message_size: usize,
    /// The largest metadata of an answer, in bytes.
    pub max_metadata_size: usize,
    /// `saas` or `self-managed`; absent = `saas` when a cluster id is set.
    pub mode: Option<String>,
    /// The cluster in Camunda's cloud.
    pub cloud: CloudSettings,
    /// How often an open connection is checked.
    pub keep_alive: Duration,
    /// How to prove who we are.
    pub authentication: GatewayAuthentication,
    /// The tenants whose jobs are worked on.
    pub tenant_ids: Vec<TenantId>,
}

impl Default for GatewaySettings {
    fn default() -> Self {
        Self {
            address: "http://localhost:26500".to_owned(),
            rest_address: None,
            ca_certificate_path: None,
            override_authority: None,
            client_certificate_path: None,
            client_key_path: None,
            request_timeout: Duration::from_secs(10),
            request_timeout_offset: Duration::from_secs(1),
            max_message_size: 5 * 1024 * 1024,
            max_metadata_size: 16 * 1024,
            mode: None,
            cloud: CloudSettings::default(),
            keep_alive: Duration::from_secs(45),
            authentication: GatewayAuthentication::default(),
            tenant_ids: vec![TenantId::default()],
        }
    }
}

/// `[gateway]`: the cluster in Camunda's cloud, from which its addresses follow.
#[derive(Clone, Debug)]
pub struct CloudSettings {
    /// The cluster's id.
    pub cluster_id: Option<String>,
    /// Its region.
    pub region: String,
    /// The cloud's domain.
    pub domain: String,
    /// The port of its addresses.
    pub port: u16,
}

impl Default for CloudSettings {
    fn default() -> Self {
        Self { cluster_id: None, region: "bru-2".to_owned(), domain: "camunda.io".to_owned(), port: 443 }
    }
}

/// `[gateway]`: the credentials, as far as they are set.
#[derive(Clone, Debug, Default)]
pub struct GatewayAuthentication {
    /// `none`, `basic` or `oidc`; absent = what the other settings suggest.
    pub method: Option<String>,
    /// The user of basic authentication.
    pub username: Option<String>,
    /// The password of basic authentication.
    pub password: Option<SecretString>,
    /// The client of OIDC client credentials.
    pub client_id: Option<String>,
    /// The secret of OIDC client credentials.
    pub client_secret: Option<SecretString>,
    /// Where tokens are asked for.
    pub token_url: Option<String>,
    /// The audience to ask for.
    pub audience: Option<String>,
    /// The scope to ask for.
    pub scope: Option<String>,
    /// The resource to ask for.
    pub resource: Option<String>,
    /// The provider's configuration document, when the token URL is not set.
    pub well_known_configuration_url: Option<String>,
    /// The provider's issuer URL, when neither of those is set.
    pub issuer_url: Option<String>,
    /// The RSA key that signs assertions in place of the secret.
    pub assertion_key_path: Option<PathBuf>,
    /// The certificate that the provider knows that key by.
    pub assertion_certificate_path: Option<PathBuf>,
    /// The name that the provider knows that key by, when there is no certificate.
    pub assertion_key_id: Option<String>,
    /// A PEM file with the authorities to trust towards the provider.
    pub ca_certificate_path: Option<PathBuf>,
    /// Our certificate for providers that ask for one.
    pub client_certificate_path: Option<PathBuf>,
    /// The key of that certificate.
    pub client_key_path: Option<PathBuf>,
    /// The file that keeps tokens across restarts.
    pub credentials_cache_path: Option<PathBuf>,
    /// How long to wait for a connection to the provider.
    pub connect_timeout: Option<Duration>,
    /// How long to wait for the provider's answer.
    pub read_timeout: Option<Duration>,
    /// How long before its end a token is replaced.
    pub refresh_before_expiry: Option<Duration>,
    /// How often a failed request for a token is repeated.
    pub max_retries: Option<u32>,
    /// The wait before the first repetition.
    pub initial_backoff: Option<Duration>,
    /// By how much each further wait is longer.
    pub backoff_multiplier: Option<f64>,
    /// The HTTP statuses after which a request is repeated.
    pub retryable_status_codes: Option<Vec<u16>>,
    /// For how long the provider is left alone after any other refusal.
    pub non_retryable_cooldown: Option<Duration>,
}

/// `[outbound]`: the job worker.
#[derive(Clone, Debug)]
pub struct OutboundSettings {
    /// Whether jobs are worked on at all.
    pub enabled: bool,
    /// The job type.
    pub job_type: String,
    /// How many jobs may be in work at once.
    pub max_jobs_active: usize,
    /// How long a job is ours.
    pub job_timeout: Duration,
    /// Whether jobs are streamed besides being polled.
    pub stream_enabled: bool,
    /// Whether a FIFO message without deduplication id takes the job's key.
    pub fifo_deduplication_by_job_key: bool,
    /// Whether SQS's limits are checked before a message is sent.
    pub check_limits: bool,
}

impl Default for OutboundSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            job_type: "io.camunda:aws-sqs:1".to_owned(),
            max_jobs_active: 100,
            job_timeout: Duration::from_secs(300),
            stream_enabled: true,
            fifo_deduplication_by_job_key: false,
            check_limits: false,
        }
    }
}

/// `[inbound]`: the consumers.
#[derive(Clone, Debug)]
pub struct InboundSettings {
    /// Whether queues are consumed at all.
    pub enabled: bool,
    /// The `inbound.type` of our elements.
    pub element_type: String,
    /// How long the engine buffers a published message whose element does not say.
    pub message_ttl: Duration,
    /// How many messages of one queue may be in work at once.
    pub max_in_flight: usize,
    /// How many activities of a consumer are kept.
    pub log_size: usize,
    /// What becomes of a message that can never be handled: `leave`, `delete` or `park:<queue url>`.
    pub poison: String,
    /// How long to wait between two looks at the cluster's process definitions, over REST.
    pub polling_interval: Duration,
    /// Whether older versions whose instances still wait for messages are consumed for, over REST.
    pub polling_active_versions_enabled: bool,
}

impl Default for InboundSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            element_type: "io.camunda:aws-sqs-inbound:1".to_owned(),
            message_ttl: Duration::from_secs(3600),
            max_in_flight: 100,
            log_size: 100,
            poison: "leave".to_owned(),
            polling_interval: Duration::from_secs(5),
            polling_active_versions_enabled: true,
        }
    }
}

/// `[aws]`: what connectors may do with AWS, and how it is reached.
#[derive(Clone, Debug)]
pub struct AwsSettings {
    /// The `host:port` that an element may name as its endpoint.
    pub allowed_endpoints: Vec<String>,
    /// Whether elements may use this process's own AWS credentials.
    pub allow_default_credentials: bool,
    /// The ARNs of the queues that they may use them for; empty = all.
    pub default_credentials_queues: Vec<String>,
    /// Whether this is Camunda's cloud, where they may not.
    pub saas: bool,
    /// The role that this process's own credentials are exchanged for.
    pub assume_role: Option<String>,
    /// The external id that the role's trust policy asks for.
    pub assume_role_external_id: Option<String>,
    /// The name of the role's sessions.
    pub assume_role_session_name: Option<String>,
    /// The operator's own endpoint for SQS.
    pub endpoint_url_sqs: Option<String>,
    /// A PEM file with certificates to trust besides the system's.
    pub ca_certificate_path: Option<PathBuf>,
    /// The proxy for `https`, with its password if it has one.
    pub https_proxy: Option<SecretString>,
    /// The proxy for `http`.
    pub http_proxy: Option<SecretString>,
    /// The hosts that are reached without a proxy.
    pub no_proxy: String,
}

impl Default for AwsSettings {
    fn default() -> Self {
        Self {
            allowed_endpoints: Vec::new(),
            allow_default_credentials: true,
            default_credentials_queues: Vec::new(),
            saas: false,
            assume_role: None,
            assume_role_external_id: None,
            assume_role_session_name: None,
            endpoint_url_sqs: None,
            ca_certificate_path: None,
            https_proxy: None,
            http_proxy: None,
            no_proxy: String::new(),
        }
    }
}

/// `[secrets]`: where secrets come from.
#[derive(Clone, Debug)]
pub struct SecretSettings {
    /// Whether they come from the environment.
    pub environment_enabled: bool,
    /// What the names of secrets are prefixed with in the environment.
    pub prefix: String,
    /// Which placeholders in job variables are resolved: `disabled`, `lax` or `strict`.
    pub filter: String,
    /// Whether the tenant is part of the name in the environment.
    pub tenant_aware: bool,
    /// Whether the process id is part of the name in the environment.
    pub process_definition_aware: bool,
    /// A folder with one secret a file.
    pub directory: Option<PathBuf>,
    /// A JSON or dotenv file with all secrets.
    pub file: Option<PathBuf>,
    /// How long values may be used before they are read again.
    pub cache_time: Duration,
    /// The console of Camunda's cloud.
    pub console: ConsoleSettings,
    /// HashiCorp Vault.
    pub vault: VaultSettings,
    /// The name or ARN of the secret in AWS Secrets Manager whose JSON text has all secrets.
    pub aws_secrets_manager_secret_id: Option<String>,
}

impl Default for SecretSettings {
    fn default() -> Self {
        Self {
            environment_enabled: true,
            prefix: "SECRET_".to_owned(),
            filter: "strict".to_owned(),
            tenant_aware: false,
            process_definition_aware: false,
            directory: None,
            file: None,
            cache_time: Duration::from_secs(5),
            console: ConsoleSettings::default(),
            vault: VaultSettings::default(),
            aws_secrets_manager_secret_id: None,
        }
    }
}

/// `[secrets] console-…`: the secrets in the console of Camunda's cloud.
#[derive(Clone, Debug)]
pub struct ConsoleSettings {
    /// Whether it is asked.
    pub enabled: bool,
    /// Its address.
    pub endpoint: String,
    /// The audience of the tokens that it wants.
    pub audience: String,
}

impl Default for ConsoleSettings {
    fn default() -> Self {
        Self {
            enabled: false,
            endpoint: "https://cluster-api.cloud.camunda.io/secrets".to_owned(),
            audience: "secrets.camunda.io".to_owned(),
        }
    }
}

/// `[secrets] vault-…`: the secrets in HashiCorp Vault; used when a path is set.
#[derive(Clone, Debug)]
pub struct VaultSettings {
    /// The server.
    pub address: Option<String>,
    /// The mount of the key-value engine.
    pub mount: String,
    /// The path whose keys are the names of the secrets.
    pub path: Option<String>,
    /// The namespace, where Vault has them.
    pub namespace: Option<String>,
    /// A token that never changes.
    pub token: Option<SecretString>,
    /// A file with the token, which somebody renews.
    pub token_file: Option<PathBuf>,
}

impl Default for VaultSettings {
    fn default() -> Self {
        Self {
            address: None,
            mount: "secret".to_owned(),
            path: None,
            namespace: None,
            token: None,
            token_file: None,
        }
    }
}

/// `[runtime]`: the process as a whole.
#[derive(Clone, Debug)]
pub struct RuntimeSettings {
    /// A folder with BPMN files to deploy and to activate.
    pub processes: Option<PathBuf>,
    /// How long to wait between two looks at that folder.
    pub processes_interval: Duration,
    /// How long what is in work may take to finish after the signal to stop.
    pub drain_timeout: Duration,
    /// How many threads take turns with all tasks.
    pub worker_threads: usize,
}

impl Default for RuntimeSettings {
    fn default() -> Self {
        Self {
            processes: None,
            processes_interval: Duration::from_secs(3),
            drain_timeout: Duration::from_secs(20),
            worker_threads: 1,
        }
    }
}

/// `[log]`: what is logged, and how.
#[derive(Clone, Debug)]
pub struct LogSettings {
    /// `error`, `warn`, `info`, `debug`, `trace`, or directives such as `info,sqs_transport=debug`.
    pub level: String,
    /// `text` or `json`.
    pub format: String,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self { level: "info".to_owned(), format: "text".to_owned() }
    }
}

impl Settings {
    /// Reads the file, if there is one, then the environment over it.
    ///
    /// # Errors
    /// [`RuntimeError::Setting`] names the setting, where it stands and what it takes.
    pub fn load(file: Option<&Path>, environment: &Environment) -> Result<Self, RuntimeError> {
        let mut settings = Self { gateway: presets::unset(), ..Self::default() };
        if let Some(path) = file {
            file::apply(&mut settings, path)?;
        }
        environment.apply(&mut settings)?;
        presets::fill(&mut settings.gateway)?;
        Ok(settings)
    }
}
