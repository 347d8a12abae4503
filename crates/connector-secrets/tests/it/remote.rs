//! Providers that ask a server, against a small one in the process.

use async_trait::async_trait;
use aws_sdk_secretsmanager::config::{BehaviorVersion, Credentials, Region, retry::RetryConfig};
use connector_secrets::{
    BearerToken, CachedSecrets, ConsoleSource, FixedToken, SecretError, SecretMap, SecretName,
    SecretProvider, SecretScope, SecretSource, SecretsManagerSource, VaultLocation, VaultSource,
};
use secrecy::{ExposeSecret, SecretString};
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

/// Answers each request with the next of the answers and writes the requests down.
async fn server(answers: &[(u16, &str)]) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let requests = Arc::new(Mutex::new(Vec::new()));
    let (seen, answers) = (
        Arc::clone(&requests),
        answers.iter().map(|(status, body)| (*status, (*body).to_owned())).collect::<Vec<_>>(),
    );
    tokio::spawn(async move {
        for (status, body) in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.unwrap());
            }
            let text = String::from_utf8(head).unwrap();
            let length = text.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap_or("0");
            stream.read_exact(&mut vec![0; length.parse().unwrap()]).await.unwrap();
            seen.lock().unwrap().push(text);
            let answer = format!(
                "HTTP/1.1 {status} Status\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (address, requests)
}

async fn value(provider: &dyn SecretProvider, name: &str) -> Result<Option<String>, SecretError> {
    let found = provider.secret(&SecretName::new(name).unwrap(), &SecretScope::default()).await?;
    Ok(found.map(|value| value.expose_secret().to_owned()))
}

#[derive(Default)]
struct Tokens(AtomicUsize);

#[async_trait]
impl BearerToken for Tokens {
    async fn token(&self) -> Result<SecretString, String> {
        Ok(format!("canary-token-{}", self.0.load(Ordering::SeqCst)).into())
    }

    fn refused(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[tokio::test]
async fn the_console_is_asked_once_for_all_secrets_with_a_bearer_token() {
    let (address, requests) = server(&[(200, r#"{"A":"a","N":1.10,"T":true,"X":null,"O":{}}"#)]).await;
    let source = ConsoleSource::new(&format!("{address}/secrets"), Arc::new(Tokens::default())).unwrap();
    let provider = CachedSecrets::new(source, Duration::from_secs(20));
    for (name, expected) in
        [("A", Some("a")), ("N", Some("1.10")), ("T", Some("true")), ("X", None), ("O", None), ("B", None)]
    {
        assert_eq!(value(&provider, name).await.unwrap().as_deref(), expected, "{name}");
    }
    let requests = requests.lock().unwrap();
    assert_eq!(requests.len(), 1);
    assert!(requests[0].starts_with("GET /secrets HTTP/1.1\r\n"), "{}", requests[0]);
    assert!(requests[0].contains("authorization: Bearer canary-token-0\r\n"), "{}", requests[0]);
}

#[tokio::test]
async fn a_refused_token_is_replaced_for_the_next_request() {
    let (address, requests) = server(&[(401, ""), (403, ""), (200, r#"{"A":"a"}"#)]).await;
    let source = ConsoleSource::new(&address, Arc::new(Tokens::default())).unwrap();
    let provider = CachedSecrets::new(source, Duration::from_secs(20));
    for status in ["401", "403"] {
        let error = value(&provider, "A").await.unwrap_err();
        assert_eq!(error.code(), "secret-provider-failed");
        assert!(error.to_string().contains(status), "{error}");
    }
    assert_eq!(value(&provider, "A").await.unwrap().as_deref(), Some("a"));
    assert!(requests.lock().unwrap()[2].contains("Bearer canary-token-2\r\n"));
}

#[tokio::test]
async fn no_error_shows_a_token_or_a_value() {
    let answers = [(500, "canary-value"), (200, "[\"canary-value\"]"), (200, "canary-value"), (302, "")];
    let (address, _) = server(&answers).await;
    let source = ConsoleSource::new(&address, Arc::new(Tokens::default())).unwrap();
    for _ in 0..5 {
        let error = source.read().await.unwrap_err();
        assert!(!format!("{error} {error:?} {source:?}").contains("canary"), "{error}");
    }
    for address in ["", "127.0.0.1:1", "ftp://h/", "http://", "a b"] {
        assert!(ConsoleSource::new(address, Arc::new(Tokens::default())).is_err(), "{address}");
    }
}

#[tokio::test]
async fn vault_gives_the_keys_of_one_path() {
    let answer = r#"{"request_id":"r","data":{"data":{"KEY":"k","team/KEY":"t"},"metadata":{"version":3}}}"#;
    let (address, requests) =
        server(&[(200, answer), (200, r#"{"data":{"KEY":"version 1"}}"#), (404, "{}")]).await;
    let location = VaultLocation {
        address: format!("{address}/"),
        mount: "/secret/".to_owned(),
        path: "connectors/prod".to_owned(),
        namespace: Some("team".to_owned()),
    };
    let source = VaultSource::new(location.clone(), Arc::new(FixedToken::new("canary-token"))).unwrap();
    let provider = CachedSecrets::new(source, Duration::from_secs(5));
    assert_eq!(value(&provider, "KEY").await.unwrap().as_deref(), Some("k"));
    assert_eq!(value(&provider, "team/KEY").await.unwrap().as_deref(), Some("t"));
    let request = requests.lock().unwrap()[0].clone();
    assert!(request.starts_with("GET /v1/secret/data/connectors/prod HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("x-vault-token: canary-token\r\n"), "{request}");
    assert!(request.contains("x-vault-namespace: team\r\n"), "{request}");
    let source = VaultSource::new(location, Arc::new(FixedToken::new("canary-token"))).unwrap();
    assert!(source.read().await.unwrap_err().to_string().contains("version 2"));
    assert!(source.read().await.unwrap_err().to_string().contains("404"));
    assert!(!format!("{source:?}").contains("canary"));
}

#[tokio::test]
async fn aws_secrets_manager_gives_the_members_of_one_secret() {
    let answers = [
        (200, r#"{"Name":"connectors","SecretString":"{\"A\":\"a\",\"B\":2}"}"#),
        (200, r#"{"Name":"connectors","SecretString":"canary-value"}"#),
        (200, r#"{"Name":"connectors","SecretBinary":"Y2FuYXJ5"}"#),
        (400, r#"{"__type":"AccessDeniedException","Message":"canary-value"}"#),
    ];
    let (address, requests) = server(&answers).await;
    let config = aws_sdk_secretsmanager::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .endpoint_url(address)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .retry_config(RetryConfig::disabled())
        .credentials_provider(Credentials::new("AKID", "canary-key", None, None, "test"))
        .build();
    let client = aws_sdk_secretsmanager::Client::from_conf(config);
    let source = || SecretsManagerSource::new(client.clone(), "connectors");
    let provider = CachedSecrets::new(source(), Duration::from_secs(5));
    assert_eq!(value(&provider, "A").await.unwrap().as_deref(), Some("a"));
    assert_eq!(value(&provider, "B").await.unwrap().as_deref(), Some("2"));
    assert_eq!(value(&provider, "C").await.unwrap(), None);
    assert!(requests.lock().unwrap()[0].contains("x-amz-target: secretsmanager.GetSecretValue"));
    for expected in ["not a JSON object", "is binary", "AccessDeniedException"] {
        let error = source().read().await.unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        assert!(!format!("{error} {error:?} {:?}", source()).contains("canary"), "{error}");
    }
}

/// Gives the number of the request, and fails from the second to the third.
#[derive(Default)]
struct Counting(AtomicUsize);

#[async_trait]
impl SecretSource for Counting {
    fn describe(&self) -> &str {
        "counting"
    }

    async fn read(&self) -> Result<SecretMap, SecretError> {
        let number = self.0.fetch_add(1, Ordering::SeqCst) + 1;
        tokio::time::sleep(Duration::from_millis(10)).await;
        match number {
            2 | 3 => {
                Err(SecretError::Provider { provider: "counting".to_owned(), reason: "told to".to_owned() })
            }
            _ => Ok(SecretMap::from([("A".to_owned(), number.to_string().into())])),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_old_answer_is_used_on_while_the_source_fails() {
    let provider = CachedSecrets::new(Counting::default(), Duration::from_secs(20));
    let mut seen = Vec::new();
    for seconds in [0, 19, 2, 0, 2, 2, 19] {
        tokio::time::advance(Duration::from_secs(seconds)).await;
        seen.push(value(&provider, "A").await.unwrap().unwrap());
    }
    // Fresh, fresh, failed, not asked yet, failed, asked again, fresh.
    assert_eq!(seen, ["1", "1", "1", "1", "1", "4", "4"]);
}

#[tokio::test(start_paused = true)]
async fn many_at_once_ask_once() {
    let provider = CachedSecrets::new(Counting::default(), Duration::from_secs(20));
    let asked = (0..10).map(|_| value(&provider, "A"));
    let mut values = Vec::new();
    for answer in futures_of(asked).await {
        values.push(answer.unwrap().unwrap());
    }
    assert_eq!(values, vec!["1"; 10]);
}

/// Polls all side by side.
async fn futures_of<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut waiting: Vec<_> = futures.map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(move |context| {
        for (future, output) in &mut waiting {
            if output.is_none()
                && let std::task::Poll::Ready(ready) = future.as_mut().poll(context)
            {
                *output = Some(ready);
            }
        }
        if waiting.iter().all(|(_, output)| output.is_some()) {
            return std::task::Poll::Ready(
                waiting.iter_mut().filter_map(|(_, output)| output.take()).collect(),
            );
        }
        std::task::Poll::Pending
    })
    .await
}
