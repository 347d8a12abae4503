//! SQS clients, one for each connection, kept while they are used.

use crate::{
    Connection, Credentials, Sender, SenderOptions, TransportError,
    call::TooManyRequests,
    credentials::JavaOrderChain,
    http::{Certificates, HttpClients, HttpOptions, Proxy},
    region::SignedRegion,
};
use aws_config::{
    environment::EnvironmentVariableRegionProvider, meta::region::ProvideRegion,
    provider_config::ProviderConfig, sts::AssumeRoleProvider,
};
use aws_credential_types::provider::{
    ProvideCredentials, SharedCredentialsProvider, error::CredentialsError, future,
};
use aws_sdk_sqs::config::{
    BehaviorVersion, IdentityCache, Region, SharedHttpClient, SharedIdentityCache,
    StalledStreamProtectionConfig, retry::RetryConfig, timeout::TimeoutConfig,
};
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_runtime::client::retries::{RetryPartition, TokenBucket};
use aws_smithy_runtime_api::client::dns::SharedDnsResolver;
use secrecy::ExposeSecret;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};
use tokio::{sync::OnceCell, time::Instant};

/// The same as the AWS SDK for Java: one request and three repetitions.
const ATTEMPTS: u32 = 4;
const FIRST_BACKOFF: Duration = Duration::from_millis(100);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// How a [`ClientPool`] works.
#[derive(Clone, Debug)]
pub struct PoolOptions {
    /// Where requests go when a connection names no endpoint: the operator's `AWS_ENDPOINT_URL_SQS`.
    pub endpoint_override: Option<String>,
    /// Clients that nobody asked for during this time are dropped.
    pub idle_eviction: Duration,
    /// More clients than this are not kept: the longest unused is dropped.
    pub maximum_clients: usize,
    /// How long one attempt of a request may take; the AWS SDK for Java waits 30 s for an answer.
    pub attempt_timeout: Duration,
    /// The role that the default chain's credentials are exchanged for.
    pub assume_role: Option<AssumeRole>,
    /// The proxy that `https` endpoints are reached through, AWS's own and STS too.
    pub proxy: Option<Proxy>,
    /// The proxy that `http` endpoints are reached through; never the services that give credentials.
    pub plain_proxy: Option<Proxy>,
    /// How the names of endpoints that connections name are looked up; `None` = as the system does. Whatever it says, link-local and
    /// metadata addresses are never connected to. Behind a proxy the proxy looks names up, but it is not asked for a name that leads to
    /// such an address here.
    pub names: Option<SharedDnsResolver>,
    /// Certificates to trust besides the system's.
    pub certificates: Option<Certificates>,
    /// The HTTP client of all requests; `None` = one of the pool's own (rustls, the system's certificates).
    pub http_client: Option<SharedHttpClient>,
}

impl Default for PoolOptions {
    fn default() -> Self {
        Self {
            endpoint_override: None,
            idle_eviction: Duration::from_secs(15 * 60),
            maximum_clients: 1_000,
            attempt_timeout: Duration::from_secs(30),
            assume_role: None,
            proxy: None,
            plain_proxy: None,
            names: None,
            certificates: None,
            http_client: None,
        }
    }
}

/// A role to assume through STS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssumeRole {
    /// The role's ARN.
    pub role_arn: String,
    /// The name that CloudTrail shows; `None` = chosen by the SDK.
    pub session_name: Option<String>,
    /// The external id that the role's trust policy asks for.
    pub external_id: Option<String>,
}

/// SQS clients by [`Connection`]: equal connections share a client, all clients share one HTTP client.
///
/// Cloning is cheap and shares the pool.
#[derive(Clone, Debug)]
pub struct ClientPool {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    options: PoolOptions,
    http: HttpClients,
    chain: OnceLock<SharedCredentialsProvider>,
    chain_cache: OnceLock<SharedIdentityCache>,
    clients: Mutex<HashMap<Connection, Pooled>>,
}

#[derive(Debug)]
struct Pooled {
    client: aws_sdk_sqs::Client,
    used: Instant,
}

impl ClientPool {
    /// A pool without clients. Nothing is read, asked or connected before the first request needs it.
    pub fn new(options: PoolOptions) -> Self {
        Self {
            inner: Arc::new(Inner {
                http: HttpClients::new(HttpOptions {
                    given: options.http_client.clone(),
                    proxy: options.proxy.clone(),
                    plain_proxy: options.plain_proxy.clone(),
                    names: options.names.clone(),
                    certificates: options.certificates.clone(),
                }),
                options,
                chain: OnceLock::new(),
                chain_cache: OnceLock::new(),
                clients: Mutex::new(HashMap::new()),
            }),
        }
    }

    /// The client for a connection.
    ///
    /// # Errors
    /// [`TransportError::Request`] for an endpoint that is not an `http` or `https` URL.
    pub async fn client(&self, connection: &Connection) -> Result<aws_sdk_sqs::Client, TransportError> {
        let now = Instant::now();
        let mut clients = self.inner.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pooled) = clients.get_mut(connection) {
            pooled.used = now;
            return Ok(pooled.client.clone());
        }
        let client = self.inner.build(connection)?;
        self.inner.evict(&mut clients, now);
        clients.insert(connection.clone(), Pooled { client: client.clone(), used: now });
        Ok(client)
    }

    /// A sender over this pool with default options. Clone it rather than ask twice: lanes belong to the sender.
    pub fn sender(&self) -> Sender {
        self.sender_with(SenderOptions::default())
    }

    /// A sender over this pool.
    pub fn sender_with(&self, options: SenderOptions) -> Sender {
        Sender::new(self.clone(), options)
    }

    /// How many clients are kept.
    pub fn len(&self) -> usize {
        self.inner.clients.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// True without a single client.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Inner {
    fn evict(&self, clients: &mut HashMap<Connection, Pooled>, now: Instant) {
        clients.retain(|_, pooled| now.duration_since(pooled.used) < self.options.idle_eviction);
        while clients.len() >= self.options.maximum_clients.max(1) {
            let oldest = clients.iter().min_by_key(|(_, pooled)| pooled.used).map(|(key, _)| key.clone());
            match oldest {
                Some(key) => clients.remove(&key),
                None => return,
            };
        }
    }

    fn build(&self, connection: &Connection) -> Result<aws_sdk_sqs::Client, TransportError> {
        let region = Region::new(connection.region.clone());
        let operators = self.options.endpoint_override.as_deref();
        let endpoint = connection.endpoint.as_deref().or(operators);
        let http = match connection.endpoint.as_deref() {
            Some(named) => self.http.for_named(named),
            None => self.http.for_endpoint(operators),
        };
        let mut config = aws_sdk_sqs::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(region.clone())
            .http_client(http)
            .sleep_impl(TokioSleep::new())
            .retry_config(retries(ATTEMPTS))
            // Each job gets its four attempts, as with a client of its own; a shared quota would take them away.
            .retry_partition(
                RetryPartition::custom("sqs-transport").token_bucket(TokenBucket::unlimited()).build(),
            )
            .retry_classifier(TooManyRequests)
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(CONNECT_TIMEOUT)
                    .operation_attempt_timeout(self.options.attempt_timeout)
                    .build(),
            )
            // Attempt timeouts already bound a stalled answer; answers are small.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
        if let Some(endpoint) = endpoint {
            check_endpoint(endpoint)?;
            config = config.endpoint_url(endpoint);
            if let Some((stand_in, signed)) = SignedRegion::stand_in(&connection.region) {
                config = config.region(stand_in).interceptor(signed);
            }
        }
        config = match &connection.credentials {
            Credentials::Static { access_key, secret_key, session_token } => config
                .credentials_provider(aws_credential_types::Credentials::new(
                    access_key.trim(),
                    secret_key.expose_secret().trim(),
                    session_token.as_ref().map(|token| token.expose_secret().trim().to_owned()),
                    None,
                    "static",
                ))
                .identity_cache(IdentityCache::no_cache()),
            // One cache for all clients of the chain: STS and the metadata service are asked once, not per client.
            Credentials::DefaultChain => config
                .credentials_provider(self.chain(region))
                .identity_cache(self.chain_cache.get_or_init(|| IdentityCache::lazy().build()).clone()),
        };
        Ok(aws_sdk_sqs::Client::from_conf(config.build()))
    }

    fn chain(&self, region: Region) -> SharedCredentialsProvider {
        self.chain
            .get_or_init(|| {
                SharedCredentialsProvider::new(LazyChain {
                    http: self.http.for_endpoint(None),
                    fallback_region: region,
                    assume_role: self.options.assume_role.clone(),
                    provider: OnceCell::new(),
                })
            })
            .clone()
    }
}

/// The default chain, built at its first use: until then no STS client, no profile file, no metadata service.
#[derive(Debug)]
struct LazyChain {
    http: SharedHttpClient,
    fallback_region: Region,
    assume_role: Option<AssumeRole>,
    provider: OnceCell<SharedCredentialsProvider>,
}

impl LazyChain {
    async fn credentials(&self) -> Result<aws_credential_types::Credentials, CredentialsError> {
        self.provider.get_or_init(|| self.build()).await.provide_credentials().await
    }

    async fn build(&self) -> SharedCredentialsProvider {
        // STS wants a region. Asking instance metadata for it, as the SDK's default does, costs seconds off EC2.
        let region = EnvironmentVariableRegionProvider::new().region().await;
        let region = region.unwrap_or_else(|| self.fallback_region.clone());
        let config = ProviderConfig::without_region()
            .with_region(Some(region.clone()))
            .with_http_client(self.http.clone())
            .with_behavior_version(Some(BehaviorVersion::latest()));
        let chain = JavaOrderChain::new(&config);
        let Some(role) = &self.assume_role else { return SharedCredentialsProvider::new(chain) };
        let sdk = aws_config::SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .http_client(self.http.clone())
            .sleep_impl(aws_smithy_async::rt::sleep::SharedAsyncSleep::new(TokioSleep::new()))
            .region(region)
            .build();
        let mut assumed = AssumeRoleProvider::builder(role.role_arn.clone()).configure(&sdk);
        if let Some(name) = &role.session_name {
            assumed = assumed.session_name(name.clone());
        }
        if let Some(id) = &role.external_id {
            assumed = assumed.external_id(id.clone());
        }
        SharedCredentialsProvider::new(assumed.build_from_provider(chain).await)
    }
}

impl ProvideCredentials for LazyChain {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }

    fn fallback_on_interrupt(&self) -> Option<aws_credential_types::Credentials> {
        self.provider.get().and_then(ProvideCredentials::fallback_on_interrupt)
    }
}

/// How a request is tried again, up to `attempts` in all.
pub(crate) fn retries(attempts: u32) -> RetryConfig {
    RetryConfig::standard().with_max_attempts(attempts.max(1)).with_initial_backoff(FIRST_BACKOFF)
}

fn check_endpoint(endpoint: &str) -> Result<(), TransportError> {
    let host = endpoint.strip_prefix("http://").or_else(|| endpoint.strip_prefix("https://"));
    match host {
        Some(host) if !host.is_empty() && !endpoint.contains(char::is_whitespace) => Ok(()),
        _ => Err(TransportError::Request {
            text: format!("the endpoint {endpoint:?} is not a URL that starts with http:// or https://"),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection(key: &str, endpoint: Option<&str>) -> Connection {
        Connection {
            credentials: Credentials::Static {
                access_key: key.into(),
                secret_key: "s".into(),
                session_token: None,
            },
            region: "eu-central-1".into(),
            endpoint: endpoint.map(Into::into),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn equal_connections_share_a_client_and_idle_ones_go() {
        let pool = ClientPool::new(PoolOptions::default());
        for _ in 0..3 {
            pool.client(&connection("a", None)).await.unwrap();
        }
        pool.client(&connection("b", None)).await.unwrap();
        assert_eq!(pool.len(), 2);
        tokio::time::advance(Duration::from_secs(16 * 60)).await;
        pool.client(&connection("c", None)).await.unwrap();
        assert_eq!(pool.len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn keeps_no_more_clients_than_allowed() {
        let pool = ClientPool::new(PoolOptions { maximum_clients: 2, ..PoolOptions::default() });
        for key in ["a", "b", "c"] {
            pool.client(&connection(key, None)).await.unwrap();
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        assert_eq!(pool.len(), 2);
    }

    #[tokio::test]
    async fn an_endpoint_that_is_no_url_is_refused_before_anything_is_sent() {
        let pool = ClientPool::new(PoolOptions::default());
        for endpoint in ["127.0.0.1:29510", "ftp://host", "http://", " http://host", "word"] {
            let error = pool.client(&connection("a", Some(endpoint))).await.unwrap_err();
            assert!(matches!(error, TransportError::Request { .. }), "{endpoint}: {error}");
        }
    }

    #[test]
    fn debug_of_the_options_and_pool_shows_no_secret() {
        let pool = ClientPool::new(PoolOptions::default());
        assert!(!format!("{pool:?}").contains("secret_key"));
    }
}
