//! The providers that settings name, beside a small server for tokens, the console and Vault.

use super::resolver;
use crate::{Environment, RuntimeError, Settings};
use connector_secrets::{SecretName, SecretResolver, SecretScope};
use secrecy::ExposeSecret;
use std::sync::{Arc, Mutex};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

/// Answers by path and writes the heads of the requests down.
async fn server() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let heads = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&heads);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.unwrap());
            }
            let head = String::from_utf8(head).unwrap().to_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap_or("0");
            let mut body = vec![0; length.parse().unwrap()];
            stream.read_exact(&mut body).await.unwrap();
            let answer = match head.split_whitespace().nth(1).unwrap() {
                "/token" => r#"{"access_token":"console-token","token_type":"Bearer","expires_in":300}"#,
                "/secrets" => r#"{"D":"console","E":"console"}"#,
                "/v1/kv/data/team/sqs" => r#"{"data":{"data":{"E":"vault","F":"vault"}}}"#,
                other => panic!("{other}"),
            };
            seen.lock().unwrap().push(head + &String::from_utf8(body).unwrap());
            let length = answer.len();
            let answer =
                format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{answer}");
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (address, heads)
}

async fn resolver_of(variables: &[(&str, &str)]) -> Result<SecretResolver, RuntimeError> {
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let environment = Environment::new(variables);
    resolver(&Settings::load(None, &environment)?, &environment).await
}

async fn refused(variables: &[(&str, &str)]) -> String {
    resolver_of(variables).await.unwrap_err().to_string()
}

#[tokio::test]
async fn providers_are_asked_in_their_order() {
    let (address, heads) = server().await;
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let mounted = folder.path().join("mounted");
    std::fs::create_dir(&mounted).unwrap();
    for (file, content) in [("mounted/A", "folder"), ("mounted/B", "folder\n"), ("token", "vault-token\n")] {
        std::fs::write(folder.path().join(file), content).unwrap();
    }
    std::fs::write(folder.path().join("all.json"), r#"{"B": "file", "C": "file"}"#).unwrap();
    let resolver = resolver_of(&[
        ("SECRET_A", "environment"),
        ("SQS_CONNECTOR_SECRETS_DIRECTORY", &path("mounted")),
        ("SQS_CONNECTOR_SECRETS_FILE", &path("all.json")),
        ("CAMUNDA_CONNECTOR_SECRETPROVIDER_CONSOLE_ENABLED", "true"),
        ("CAMUNDA_CONNECTOR_SECRETPROVIDER_CONSOLE_ENDPOINT", &format!("{address}/secrets")),
        ("CAMUNDA_CLIENT_CLOUD_CLUSTERID", "f00d"),
        ("CAMUNDA_CLIENT_AUTH_CLIENTID", "client"),
        ("CAMUNDA_CLIENT_AUTH_CLIENTSECRET", "client-secret"),
        ("CAMUNDA_CLIENT_AUTH_TOKENURL", &format!("{address}/token")),
        ("VAULT_ADDR", &address),
        ("VAULT_NAMESPACE", "sales"),
        ("SQS_CONNECTOR_SECRETS_VAULT_MOUNT", "kv"),
        ("SQS_CONNECTOR_SECRETS_VAULT_PATH", "team/sqs"),
        ("SQS_CONNECTOR_SECRETS_VAULT_TOKEN_FILE", &path("token")),
    ])
    .await
    .unwrap();
    for (name, expected) in [
        ("A", "environment"),
        ("B", "folder"),
        ("C", "file"),
        ("D", "console"),
        ("E", "console"),
        ("F", "vault"),
    ] {
        let value = resolver.secret(&SecretName::new(name).unwrap(), &SecretScope::default()).await.unwrap();
        assert_eq!(value.expose_secret(), expected, "{name}");
    }
    let nobody = resolver.secret(&SecretName::new("G").unwrap(), &SecretScope::default()).await.unwrap_err();
    assert_eq!(nobody.to_string(), "Secret with name 'G' is not available");
    let heads = heads.lock().unwrap();
    assert!(heads[0].contains("audience=secrets.camunda.io"), "{heads:?}");
    assert!(heads[1].contains("authorization: bearer console-token\r\n"), "{heads:?}");
    assert!(heads[2].contains("x-vault-token: vault-token\r\nx-vault-namespace: sales\r\n"), "{heads:?}");
    assert_eq!(heads.len(), 3, "each was asked once for all its secrets");
}

#[tokio::test]
async fn the_environment_can_be_switched_off() {
    let off = [("SECRET_A", "x"), ("CAMUNDA_CONNECTOR_SECRETPROVIDER_ENVIRONMENT_ENABLED", "false")];
    let resolver = resolver_of(&off).await.unwrap();
    assert!(resolver.secret(&SecretName::new("A").unwrap(), &SecretScope::default()).await.is_err());
}

#[tokio::test]
async fn what_a_provider_lacks_is_named() {
    let console = ("CAMUNDA_CONNECTOR_SECRETPROVIDER_CONSOLE_ENABLED", "true");
    let path = ("SQS_CONNECTOR_SECRETS_VAULT_PATH", "p");
    let cluster = ("CAMUNDA_CLIENT_CLOUD_CLUSTERID", "f00d");
    let token = ("VAULT_TOKEN", "canary");
    for (variables, words) in [
        (
            vec![console],
            "Console Secrets require a SaaS environment, but the client is configured for self-managed",
        ),
        (vec![console, cluster], "auth-client-id"),
        (vec![path], "vault-token-file (or vault-token)"),
        (vec![path, token], "vault-address"),
        (vec![path, token, ("VAULT_ADDR", "https://a b")], "VAULT_ADDR"),
    ] {
        let error = refused(&variables).await;
        assert!(error.contains(words) && !error.contains("canary"), "{error}");
    }
}

#[cfg(not(feature = "aws-secrets-manager"))]
#[tokio::test]
async fn a_provider_that_is_not_built_in_is_refused_with_its_feature() {
    let error = refused(&[("SQS_CONNECTOR_SECRETS_AWS_SECRETS_MANAGER_SECRET_ID", "s")]).await;
    assert_eq!(
        error,
        "[secrets] aws-secrets-manager-secret-id: is not part of this build: build sqs-connector with the cargo feature aws-secrets-manager"
    );
}
