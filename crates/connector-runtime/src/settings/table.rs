//! The one list of all settings: names, what they take, what they mean.

use super::{Settings, parse};
use connector_core::TenantId;
use secrecy::SecretString;

/// One setting: where it is written and what it does.
#[derive(Debug)]
pub struct Setting {
    /// The section of the file; upper-case in the environment: `SQS_CONNECTOR_<SECTION>_<NAME>`.
    pub section: &'static str,
    /// The name in the section, with dashes; underscores in the environment.
    pub name: &'static str,
    /// Other names in the environment, those of the Java client and runtime; the first that is set wins.
    pub aliases: &'static [&'static str],
    /// What it takes and what it means.
    pub meaning: &'static str,
    pub(super) apply: fn(&mut Settings, &str) -> Result<(), String>,
}

impl Setting {
    /// The name in the environment.
    pub fn variable(&self) -> String {
        format!("SQS_CONNECTOR_{}_{}", self.section, self.name).replace('-', "_").to_uppercase()
    }
}

/// Java's keystores are not read, so a name that asks for one must not be passed over.
fn refuse(_: &mut Settings, _: &str, instead: &str) -> Result<(), String> {
    parse::no_keystore(instead)
}

macro_rules! settings {
    ($($section:literal $name:literal [$($alias:literal),*] $meaning:literal |$settings:ident, $text:ident| $apply:expr;)*) => {
        /// All settings.
        pub const SETTINGS: &[Setting] = &[$(Setting {
            section: $section,
            name: $name,
            aliases: &[$($alias),*],
            meaning: $meaning,
            apply: |$settings, $text| { $apply; Ok(()) },
        }),*];
    };
}

settings! {
    "gateway" "address" ["CAMUNDA_CLIENT_GRPCADDRESS", "CAMUNDA_CLIENT_GRPC_ADDRESS", "CAMUNDA_GRPC_ADDRESS", "CAMUNDA_CLIENT_ZEEBE_GRPCADDRESS", "ZEEBE_CLIENT_BROKER_GRPCADDRESS", "ZEEBE_GRPC_ADDRESS", "ZEEBE_CLIENT_BROKER_GATEWAYADDRESS", "ZEEBE_CLIENT_BROKER_GATEWAY_ADDRESS", "ZEEBE_ADDRESS"]
        "URL of the gateway's gRPC port: http = plain text, https = TLS"
        |s, text| s.gateway.address = parse::address(text, "26500")?;
    "gateway" "rest-address" ["CAMUNDA_CLIENT_RESTADDRESS", "CAMUNDA_CLIENT_REST_ADDRESS", "CAMUNDA_REST_ADDRESS", "CAMUNDA_CLIENT_ZEEBE_RESTADDRESS", "ZEEBE_REST_ADDRESS"]
        "URL of the cluster's REST port, where deployed processes are looked up; unset = REST is not used"
        |s, text| s.gateway.rest_address = Some(parse::address(text, "8080")?);
    "gateway" "ca-certificate-path" ["CAMUNDA_CLIENT_CACERTIFICATEPATH", "CAMUNDA_CA_CERTIFICATE_PATH", "ZEEBE_CLIENT_SECURITY_CERTPATH", "ZEEBE_CLIENT_SECURITY_CERT_PATH", "ZEEBE_CA_CERTIFICATE_PATH"]
        "PEM file with the certificate authorities to trust instead of the system's"
        |s, text| s.gateway.ca_certificate_path = Some(text.into());
    "gateway" "override-authority" ["CAMUNDA_CLIENT_OVERRIDEAUTHORITY", "CAMUNDA_OVERRIDE_AUTHORITY", "ZEEBE_OVERRIDE_AUTHORITY"]
        "name to check the gateway's certificate against"
        |s, text| s.gateway.override_authority = Some(text.to_owned());
    "gateway" "request-timeout" ["CAMUNDA_CLIENT_REQUESTTIMEOUT", "CAMUNDA_REQUEST_TIMEOUT", "ZEEBE_CLIENT_REQUESTTIMEOUT", "ZEEBE_CLIENT_REQUEST_TIMEOUT"]
        "duration: how long a command may take"
        |s, text| s.gateway.request_timeout = parse::duration(text)?;
    "gateway" "keep-alive" ["CAMUNDA_CLIENT_KEEPALIVE", "ZEEBE_CLIENT_KEEPALIVE", "CAMUNDA_KEEP_ALIVE", "ZEEBE_KEEP_ALIVE"]
        "duration: how often an open connection is checked"
        |s, text| s.gateway.keep_alive = parse::duration(text)?;
    "gateway" "tenant-ids" ["CAMUNDA_CLIENT_WORKER_DEFAULTS_TENANTIDS", "CAMUNDA_CLIENT_TENANTIDS", "CAMUNDA_CLIENT_TENANTID", "CAMUNDA_DEFAULT_TENANT_ID", "ZEEBE_DEFAULT_TENANT_ID"]
        "list of the tenants whose jobs are worked on"
        |s, text| s.gateway.tenant_ids = parse::list(text).into_iter().map(TenantId::new).collect();
    "gateway" "auth-method" ["CAMUNDA_CLIENT_AUTH_METHOD"]
        "none, basic or oidc"
        |s, text| s.gateway.authentication.method = Some(parse::one_of(text, &["none", "basic", "oidc"])?);
    "gateway" "auth-username" ["CAMUNDA_CLIENT_AUTH_USERNAME", "CAMUNDA_BASIC_AUTH_USERNAME"]
        "user of basic authentication"
        |s, text| s.gateway.authentication.username = Some(text.to_owned());
    "gateway" "auth-password" ["CAMUNDA_CLIENT_AUTH_PASSWORD", "CAMUNDA_BASIC_AUTH_PASSWORD"]
        "password of basic authentication"
        |s, text| s.gateway.authentication.password = Some(SecretString::from(text));
    "gateway" "auth-client-id" ["CAMUNDA_CLIENT_AUTH_CLIENTID", "CAMUNDA_CLIENT_ID", "ZEEBE_CLIENT_ID", "ZEEBE_CLIENT_CLOUD_CLIENTID", "ZEEBE_CLIENT_CLOUD_CLIENT_ID"]
        "client of OIDC client credentials"
        |s, text| s.gateway.authentication.client_id = Some(text.to_owned());
    "gateway" "auth-client-secret" ["CAMUNDA_CLIENT_AUTH_CLIENTSECRET", "CAMUNDA_CLIENT_SECRET", "ZEEBE_CLIENT_SECRET", "ZEEBE_CLIENT_CLOUD_CLIENTSECRET", "ZEEBE_CLIENT_CLOUD_CLIENT_SECRET"]
        "secret of OIDC client credentials"
        |s, text| s.gateway.authentication.client_secret = Some(SecretString::from(text));
    "gateway" "auth-token-url" ["CAMUNDA_CLIENT_AUTH_TOKENURL", "CAMUNDA_CLIENT_AUTH_ISSUER", "CAMUNDA_AUTHORIZATION_SERVER_URL", "ZEEBE_AUTHORIZATION_SERVER_URL"]
        "URL where tokens are asked for"
        |s, text| s.gateway.authentication.token_url = Some(text.to_owned());
    "gateway" "auth-audience" ["CAMUNDA_CLIENT_AUTH_AUDIENCE", "CAMUNDA_TOKEN_AUDIENCE", "ZEEBE_TOKEN_AUDIENCE"]
        "audience to ask for"
        |s, text| s.gateway.authentication.audience = Some(text.to_owned());
    "gateway" "auth-scope" ["CAMUNDA_CLIENT_AUTH_SCOPE", "CAMUNDA_TOKEN_SCOPE", "ZEEBE_TOKEN_SCOPE"]
        "scope to ask for"
        |s, text| s.gateway.authentication.scope = Some(text.to_owned());
    "gateway" "mode" ["CAMUNDA_CLIENT_MODE"]
        "saas or self-managed; unset = saas when cloud-cluster-id is set"
        |s, text| s.gateway.mode = Some(parse::one_of(text, &["saas", "self-managed"])?);
    "gateway" "cloud-cluster-id" ["CAMUNDA_CLIENT_CLOUD_CLUSTERID", "CAMUNDA_CLIENT_CLOUD_CLUSTER_ID", "CAMUNDA_CLIENT_CLUSTERID", "CAMUNDA_CLUSTER_ID", "ZEEBE_CLIENT_CLOUD_CLUSTERID", "ZEEBE_CLIENT_CLOUD_CLUSTER_ID"]
        "cluster in Camunda's cloud; its addresses and the token URL follow from it"
        |s, text| s.gateway.cloud.cluster_id = Some(parse::not_blank(text)?);
    "gateway" "cloud-region" ["CAMUNDA_CLIENT_CLOUD_REGION", "CAMUNDA_CLIENT_REGION", "CAMUNDA_CLUSTER_REGION", "ZEEBE_CLIENT_CLOUD_REGION"]
        "region of that cluster"
        |s, text| s.gateway.cloud.region = parse::not_blank(text)?;
    "gateway" "cloud-domain" ["CAMUNDA_CLIENT_CLOUD_DOMAIN", "ZEEBE_CLIENT_CLOUD_DOMAIN"]
        "domain of the cloud"
        |s, text| s.gateway.cloud.domain = parse::not_blank(text)?;
    "gateway" "cloud-port" ["CAMUNDA_CLIENT_CLOUD_PORT", "ZEEBE_CLIENT_CLOUD_PORT"]
        "port of the cluster's addresses"
        |s, text| s.gateway.cloud.port = parse::number(text)?;
    "gateway" "client-certificate-path" []
        "PEM file with our certificate, for gateways that ask for one"
        |s, text| s.gateway.client_certificate_path = Some(text.into());
    "gateway" "client-key-path" []
        "PEM file with the key of that certificate"
        |s, text| s.gateway.client_key_path = Some(text.into());
    "gateway" "request-timeout-offset" ["CAMUNDA_CLIENT_REQUESTTIMEOUTOFFSET", "CAMUNDA_REQUEST_TIMEOUT_OFFSET", "ZEEBE_CLIENT_REQUESTTIMEOUTOFFSET"]
        "duration: how much longer to wait for what waits inside the engine"
        |s, text| s.gateway.request_timeout_offset = parse::duration(text)?;
    "gateway" "max-message-size" ["CAMUNDA_CLIENT_MAXMESSAGESIZE", "CAMUNDA_MAX_MESSAGE_SIZE", "ZEEBE_CLIENT_MESSAGE_MAXMESSAGESIZE", "ZEEBE_CLIENT_MAXMESSAGESIZE"]
        "size: the largest answer that is taken"
        |s, text| s.gateway.max_message_size = parse::size(text)?;
    "gateway" "max-metadata-size" ["CAMUNDA_CLIENT_MAXMETADATASIZE", "CAMUNDA_MAX_METADATA_SIZE", "ZEEBE_CLIENT_MAXMETADATASIZE"]
        "size: the largest metadata that is taken"
        |s, text| s.gateway.max_metadata_size = parse::size(text)?;
    "gateway" "auth-resource" ["CAMUNDA_CLIENT_AUTH_RESOURCE", "CAMUNDA_TOKEN_RESOURCE", "ZEEBE_TOKEN_RESOURCE"]
        "resource to ask for"
        |s, text| s.gateway.authentication.resource = Some(text.to_owned());
    "gateway" "auth-well-known-configuration-url" ["CAMUNDA_CLIENT_AUTH_WELLKNOWNCONFIGURATIONURL", "CAMUNDA_WELL_KNOWN_CONFIGURATION_URL"]
        "URL of the provider's configuration document, when auth-token-url is unset"
        |s, text| s.gateway.authentication.well_known_configuration_url = Some(text.to_owned());
    "gateway" "auth-issuer-url" ["CAMUNDA_CLIENT_AUTH_ISSUERURL"]
        "URL of the issuer, when neither of those is set"
        |s, text| s.gateway.authentication.issuer_url = Some(text.to_owned());
    "gateway" "auth-assertion-key-path" []
        "PEM file with the RSA key that signs client assertions in place of the secret"
        |s, text| s.gateway.authentication.assertion_key_path = Some(text.into());
    "gateway" "auth-assertion-certificate-path" []
        "PEM file with the certificate that the provider knows that key by (x5t)"
        |s, text| s.gateway.authentication.assertion_certificate_path = Some(text.into());
    "gateway" "auth-assertion-key-id" []
        "name that the provider knows that key by (kid), without a certificate"
        |s, text| s.gateway.authentication.assertion_key_id = Some(text.to_owned());
    "gateway" "auth-assertion-keystore-path" ["CAMUNDA_CLIENT_AUTH_CLIENTASSERTION_KEYSTOREPATH", "CAMUNDA_CLIENT_ASSERTION_KEYSTORE_PATH", "CAMUNDA_AUTH_CLIENT_ASSERTION_KEYSTORE_PATH"]
        "not read; see auth-assertion-key-path"
        |s, text| refuse(s, text, "auth-assertion-key-path and auth-assertion-certificate-path")?;
    "gateway" "auth-ca-certificate-path" []
        "PEM file with the authorities to trust towards the identity provider"
        |s, text| s.gateway.authentication.ca_certificate_path = Some(text.into());
    "gateway" "auth-client-certificate-path" []
        "PEM file with our certificate, for identity providers that ask for one"
        |s, text| s.gateway.authentication.client_certificate_path = Some(text.into());
    "gateway" "auth-client-key-path" []
        "PEM file with the key of that certificate"
        |s, text| s.gateway.authentication.client_key_path = Some(text.into());
    "gateway" "auth-keystore-path" ["CAMUNDA_CLIENT_AUTH_KEYSTOREPATH", "CAMUNDA_SSL_CLIENT_KEYSTORE_PATH", "ZEEBE_SSL_CLIENT_KEYSTORE_PATH"]
        "not read; see auth-client-certificate-path"
        |s, text| refuse(s, text, "auth-client-certificate-path and auth-client-key-path")?;
    "gateway" "auth-truststore-path" ["CAMUNDA_CLIENT_AUTH_TRUSTSTOREPATH", "CAMUNDA_SSL_CLIENT_TRUSTSTORE_PATH", "ZEEBE_SSL_CLIENT_TRUSTSTORE_PATH"]
        "not read; see auth-ca-certificate-path"
        |s, text| refuse(s, text, "auth-ca-certificate-path")?;
    "gateway" "auth-credentials-cache-path" ["CAMUNDA_CLIENT_AUTH_CREDENTIALSCACHEPATH", "CAMUNDA_CLIENT_AUTH_CREDENTIALS_CACHE_PATH", "CAMUNDA_CLIENT_CONFIG_PATH", "ZEEBE_CLIENT_CONFIG_PATH"]
        "file that keeps tokens across restarts (mode 0600); unset = memory only"
        |s, text| s.gateway.authentication.credentials_cache_path = Some(text.into());
    "gateway" "auth-connect-timeout" ["CAMUNDA_CLIENT_AUTH_CONNECTTIMEOUT", "CAMUNDA_AUTH_CONNECT_TIMEOUT", "ZEEBE_AUTH_CONNECT_TIMEOUT"]
        "duration: how long to wait for a connection to the identity provider"
        |s, text| s.gateway.authentication.connect_timeout = Some(parse::duration(text)?);
    "gateway" "auth-read-timeout" ["CAMUNDA_CLIENT_AUTH_READTIMEOUT", "CAMUNDA_AUTH_READ_TIMEOUT", "ZEEBE_AUTH_READ_TIMEOUT"]
        "duration: how long to wait for its answer"
        |s, text| s.gateway.authentication.read_timeout = Some(parse::duration(text)?);
    "gateway" "auth-refresh-before-expiry" ["CAMUNDA_CLIENT_AUTH_PROACTIVETOKENREFRESHTHRESHOLD"]
        "duration: how long before its end a token is replaced"
        |s, text| s.gateway.authentication.refresh_before_expiry = Some(parse::duration(text)?);
    "gateway" "auth-token-fetch-max-retries" ["CAMUNDA_CLIENT_AUTH_TOKENFETCHMAXRETRIES"]
        "number: how often a failed request for a token is repeated"
        |s, text| s.gateway.authentication.max_retries = Some(parse::number(text)?);
    "gateway" "auth-token-fetch-initial-backoff" ["CAMUNDA_CLIENT_AUTH_TOKENFETCHINITIALBACKOFF"]
        "duration: the wait before the first repetition"
        |s, text| s.gateway.authentication.initial_backoff = Some(parse::duration(text)?);
    "gateway" "auth-token-fetch-backoff-multiplier" ["CAMUNDA_CLIENT_AUTH_TOKENFETCHBACKOFFMULTIPLIER"]
        "number from 1: by how much each further wait is longer"
        |s, text| s.gateway.authentication.backoff_multiplier = Some(parse::multiplier(text)?);
    "gateway" "auth-token-fetch-retryable-status-codes" ["CAMUNDA_CLIENT_AUTH_TOKENFETCHRETRYABLESTATUSCODES"]
        "list of HTTP statuses after which a request is repeated"
        |s, text| s.gateway.authentication.retryable_status_codes = Some(parse::statuses(text)?);
    "gateway" "auth-token-fetch-non-retryable-cooldown" ["CAMUNDA_CLIENT_AUTH_TOKENFETCHNONRETRYABLECOOLDOWN"]
        "duration: how long the provider is left alone after any other refusal"
        |s, text| s.gateway.authentication.non_retryable_cooldown = Some(parse::duration(text)?);

    "outbound" "enabled" []
        "true or false: whether jobs are worked on"
        |s, text| s.outbound.enabled = parse::boolean(text)?;
    "outbound" "job-type" ["CONNECTOR_AWS_SQS_OUTBOUND_TYPE"]
        "job type"
        |s, text| s.outbound.job_type = parse::not_blank(text)?;
    "outbound" "max-jobs-active" ["CAMUNDA_CLIENT_WORKER_DEFAULTS_MAXJOBSACTIVE", "ZEEBE_CLIENT_WORKER_MAXJOBSACTIVE"]
        "number: how many jobs may be in work at once"
        |s, text| s.outbound.max_jobs_active = parse::at_least_one(text)?;
    "outbound" "job-timeout" ["CONNECTOR_AWS_SQS_OUTBOUND_TIMEOUT", "CAMUNDA_CLIENT_WORKER_DEFAULTS_TIMEOUT", "ZEEBE_CLIENT_JOB_TIMEOUT"]
        "duration: how long a job is ours"
        |s, text| s.outbound.job_timeout = parse::duration(text)?;
    "outbound" "stream-enabled" ["CAMUNDA_CLIENT_WORKER_DEFAULTS_STREAMENABLED"]
        "true or false: whether jobs are streamed besides being polled"
        |s, text| s.outbound.stream_enabled = parse::boolean(text)?;
    "outbound" "fifo-deduplication" []
        "none or job-key: what a FIFO message without deduplication id takes"
        |s, text| s.outbound.fifo_deduplication_by_job_key = parse::one_of(text, &["none", "job-key"])? == "job-key";
    "outbound" "check-limits" []
        "true or false: whether what SQS would refuse (size, number and names of attributes, characters) fails a job before anything is sent, without retries"
        |s, text| s.outbound.check_limits = parse::boolean(text)?;

    "inbound" "enabled" ["CAMUNDA_CONNECTOR_POLLING_ENABLED"]
        "true or false: whether queues are consumed"
        |s, text| s.inbound.enabled = parse::boolean(text)?;
    "inbound" "element-type" ["CONNECTOR_AWS_SQS_INBOUND_TYPE"]
        "inbound.type of the elements to consume for"
        |s, text| s.inbound.element_type = parse::not_blank(text)?;
    "inbound" "message-ttl" ["CAMUNDA_CONNECTOR_INBOUND_MESSAGE_TTL"]
        "duration: how long the engine buffers a message whose element does not say"
        |s, text| s.inbound.message_ttl = parse::duration(text)?;
    "inbound" "max-in-flight" []
        "number: how many messages of one queue may be in work at once"
        |s, text| s.inbound.max_in_flight = parse::at_least_one(text)?;
    "inbound" "log-size" ["CAMUNDA_CONNECTOR_INBOUND_LOG_SIZE"]
        "number: how many activities of a consumer are kept"
        |s, text| s.inbound.log_size = parse::at_least_one(text)?;
    "inbound" "poison" []
        "leave, delete or park:<queue url>: what becomes of a message that can never be handled"
        |s, text| s.inbound.poison = text.to_owned();
    "inbound" "polling-interval" ["CAMUNDA_CONNECTOR_POLLING_INTERVAL"]
        "duration: how long to wait between two looks at the cluster's processes (with rest-address)"
        |s, text| s.inbound.polling_interval = parse::pause(text)?;
    "inbound" "polling-active-versions-enabled" ["CAMUNDA_CONNECTOR_POLLING_ACTIVEVERSIONSENABLED"]
        "true or false: whether older versions whose instances wait for messages are consumed for (with rest-address)"
        |s, text| s.inbound.polling_active_versions_enabled = parse::boolean(text)?;

    "aws" "allowed-endpoints" []
        "list of host:port that an element may name as its endpoint"
        |s, text| s.aws.allowed_endpoints = parse::list(text);
    "aws" "allow-default-credentials" []
        "true or false: whether elements may use this process's own AWS credentials"
        |s, text| s.aws.allow_default_credentials = parse::boolean(text)?;
    "aws" "default-credentials-queues" []
        "list of the ARNs of the queues that elements may use them for, * stands for any text; unset = all"
        |s, text| s.aws.default_credentials_queues = parse::list(text);
    "aws" "saas" ["CAMUNDA_CONNECTOR_RUNTIME_SAAS"]
        "set to anything: this is Camunda's cloud, where elements may not use them"
        |s, _text| s.aws.saas = true;
    "aws" "assume-role" []
        "ARN of the role that this process's own AWS credentials are exchanged for"
        |s, text| s.aws.assume_role = Some(parse::not_blank(text)?);
    "aws" "assume-role-external-id" []
        "external id that the role's trust policy asks for"
        |s, text| s.aws.assume_role_external_id = Some(parse::not_blank(text)?);
    "aws" "assume-role-session-name" []
        "name of the role's sessions, as CloudTrail shows it"
        |s, text| s.aws.assume_role_session_name = Some(parse::not_blank(text)?);
    "aws" "endpoint-url-sqs" ["AWS_ENDPOINT_URL_SQS", "AWS_ENDPOINT_URL"]
        "URL of an SQS server to use instead of AWS"
        |s, text| s.aws.endpoint_url_sqs = Some(parse::address(text, "80")?);
    "aws" "ca-certificate-path" ["AWS_CA_BUNDLE"]
        "PEM file with certificate authorities to trust besides the system's"
        |s, text| s.aws.ca_certificate_path = Some(text.into());
    "aws" "https-proxy" ["HTTPS_PROXY", "https_proxy"]
        "URL of the proxy that https addresses of AWS are reached through, with user and password if it wants them"
        |s, text| s.aws.https_proxy = Some(SecretString::from(text.trim()));
    "aws" "http-proxy" ["HTTP_PROXY", "http_proxy"]
        "URL of the proxy that http addresses of SQS servers are reached through; this machine itself never is"
        |s, text| s.aws.http_proxy = Some(SecretString::from(text.trim()));
    "aws" "no-proxy" ["NO_PROXY", "no_proxy"]
        "list of the names, domains, addresses and networks that are reached without a proxy"
        |s, text| s.aws.no_proxy = text.to_owned();

    "secrets" "environment-enabled" ["CAMUNDA_CONNECTOR_SECRETPROVIDER_ENVIRONMENT_ENABLED"]
        "true or false: whether secrets come from the environment"
        |s, text| s.secrets.environment_enabled = parse::boolean(text)?;
    "secrets" "prefix" ["CAMUNDA_CONNECTOR_SECRETPROVIDER_ENVIRONMENT_PREFIX"]
        "what the names of secrets are prefixed with in the environment"
        |s, text| s.secrets.prefix = text.to_owned();
    "secrets" "filter" ["CAMUNDA_CONNECTOR_SECRETRESOLVER_SECRETFILTER_MODE"]
        "disabled, lax or strict: which placeholders in job variables are resolved"
        |s, text| s.secrets.filter = parse::one_of(text, &["disabled", "lax", "strict"])?;
    "secrets" "tenant-aware" ["CAMUNDA_CONNECTOR_SECRETPROVIDER_ENVIRONMENT_TENANTAWARE"]
        "true or false: whether the tenant is part of a secret's name in the environment"
        |s, text| s.secrets.tenant_aware = parse::boolean(text)?;
    "secrets" "process-definition-aware" ["CAMUNDA_CONNECTOR_SECRETPROVIDER_ENVIRONMENT_PROCESSDEFINITIONAWARE"]
        "true or false: whether the process id is part of a secret's name in the environment"
        |s, text| s.secrets.process_definition_aware = parse::boolean(text)?;
    "secrets" "directory" []
        "folder with one secret a file, read anew when it changes"
        |s, text| s.secrets.directory = Some(text.into());
    "secrets" "file" []
        "JSON (*.json) or dotenv file with secrets, read anew when it changes"
        |s, text| s.secrets.file = Some(text.into());
    "secrets" "cache-time" ["CAMUNDA_CONNECTOR_SECRETS_CACHE_MILLIS"]
        "duration: how long a secret may be used before it is read again"
        |s, text| s.secrets.cache_time = parse::duration(text)?;
    "secrets" "console-enabled" ["CAMUNDA_CONNECTOR_SECRETPROVIDER_CONSOLE_ENABLED"]
        "true or false: whether secrets come from the console of Camunda's cloud, with the gateway's client credentials"
        |s, text| s.secrets.console.enabled = parse::boolean(text)?;
    "secrets" "console-endpoint" ["CAMUNDA_CONNECTOR_SECRETPROVIDER_CONSOLE_ENDPOINT"]
        "URL of that console's secrets"
        |s, text| s.secrets.console.endpoint = parse::address(text, "443")?;
    "secrets" "console-audience" ["CAMUNDA_CONNECTOR_SECRETPROVIDER_CONSOLE_AUDIENCE"]
        "audience of the tokens for it"
        |s, text| s.secrets.console.audience = parse::not_blank(text)?;
    "secrets" "vault-address" ["VAULT_ADDR"]
        "URL of HashiCorp Vault (with vault-path)"
        |s, text| s.secrets.vault.address = Some(parse::address(text, "8200")?);
    "secrets" "vault-mount" []
        "mount of the key-value engine of version 2"
        |s, text| s.secrets.vault.mount = parse::not_blank(text)?;
    "secrets" "vault-path" []
        "path in it whose keys are the names of secrets; unset = Vault is not asked"
        |s, text| s.secrets.vault.path = Some(parse::not_blank(text)?);
    "secrets" "vault-namespace" ["VAULT_NAMESPACE"]
        "namespace in Vault"
        |s, text| s.secrets.vault.namespace = Some(parse::not_blank(text)?);
    "secrets" "vault-token" ["VAULT_TOKEN"]
        "token for Vault"
        |s, text| s.secrets.vault.token = Some(SecretString::from(text.trim()));
    "secrets" "vault-token-file" []
        "file with the token, read for each request, so that somebody else may renew it; wins over vault-token"
        |s, text| s.secrets.vault.token_file = Some(text.into());
    "secrets" "aws-secrets-manager-secret-id" []
        "name or ARN of a secret in AWS Secrets Manager whose JSON text has all secrets; unset = it is not asked"
        |s, text| s.secrets.aws_secrets_manager_secret_id = Some(parse::not_blank(text)?);

    "runtime" "processes" []
        "folder with BPMN files to deploy and to activate"
        |s, text| s.runtime.processes = Some(text.into());
    "runtime" "processes-interval" []
        "duration: how long to wait between two looks at that folder for files that are new or changed"
        |s, text| s.runtime.processes_interval = parse::pause(text)?;
    "runtime" "drain-timeout" []
        "duration: how long what is in work may take to finish after the signal to stop"
        |s, text| s.runtime.drain_timeout = parse::duration(text)?;
    "runtime" "worker-threads" []
        "whole number: how many threads take turns with all short work; one is enough for tens of thousands of jobs a second"
        |s, text| s.runtime.worker_threads = parse::threads(text)?;

    "http" "enabled" []
        "true or false: whether there are endpoints for operators"
        |s, text| s.http.enabled = parse::boolean(text)?;
    "http" "address" ["SERVER_ADDRESS"]
        "where they listen; nothing asks who is there, so anything but loopback is for protected networks"
        |s, text| s.http.address = parse::not_blank(text)?;
    "http" "port" ["SERVER_PORT"]
        "their port, 0 = any free one; unset = 8080, and none when that is taken"
        |s, text| s.http.port = Some(parse::number(text)?);
    "http" "management-port" ["MANAGEMENT_SERVER_PORT"]
        "port for health and metrics alone; unset = the same port"
        |s, text| s.http.management_port = Some(parse::number(text)?);
    "http" "token" []
        "what whoever resets a consumer has to send as a bearer token; unset = nobody can"
        |s, text| s.http.token = Some(text.into());
    "http" "hostname" ["CAMUNDA_CONNECTOR_HOSTNAME", "HOSTNAME"]
        "name of this process among others"
        |s, text| s.http.hostname = Some(text.to_owned());

    "log" "level" []
        "error, warn, info, debug, trace, or directives such as info,sqs_transport=debug"
        |s, text| s.log.level = text.to_owned();
    "log" "format" []
        "text or json"
        |s, text| s.log.format = parse::one_of(text, &["text", "json"])?;
}
