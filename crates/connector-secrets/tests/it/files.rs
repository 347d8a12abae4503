//! Providers on files.

use connector_secrets::{DirectorySecrets, FileFormat, FileSecrets, SecretName, SecretProvider, SecretScope};
use secrecy::ExposeSecret;
use std::{fs, path::Path};

async fn value(provider: &dyn SecretProvider, name: &str) -> Option<String> {
    let found = provider.secret(&SecretName::new(name).unwrap(), &SecretScope::default()).await.unwrap();
    found.map(|value| value.expose_secret().to_owned())
}

#[tokio::test]
async fn a_directory_holds_one_secret_a_file_and_follows_changes() {
    let directory = tempfile::tempdir().unwrap();
    let provider = DirectorySecrets::new(directory.path());
    assert_eq!(value(&provider, "KEY").await, None);
    fs::write(directory.path().join("KEY"), "one\n").unwrap();
    assert_eq!(value(&provider, "KEY").await.as_deref(), Some("one"));
    fs::write(directory.path().join("KEY"), "two\r\n\r\n").unwrap();
    assert_eq!(value(&provider, "KEY").await.as_deref(), Some("two\r\n"));
}

#[tokio::test]
async fn a_name_never_leaves_the_directory() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("outside"), "x").unwrap();
    fs::create_dir(directory.path().join("inside")).unwrap();
    let provider = DirectorySecrets::new(directory.path().join("inside"));
    let absolute = directory.path().join("outside");
    for name in ["../outside", "./../outside", absolute.to_str().unwrap(), ".."] {
        assert_eq!(value(&provider, name).await, None, "{name}");
    }
}

#[tokio::test]
async fn a_json_file_is_read_again_when_it_changes() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("secrets.json");
    fs::write(&path, r#"{"A": "x", "N": 1.10, "T": true, "NULL": null}"#).unwrap();
    let provider = FileSecrets::new(&path, FileFormat::of(&path));
    assert_eq!(value(&provider, "A").await.as_deref(), Some("x"));
    assert_eq!(value(&provider, "N").await.as_deref(), Some("1.10"));
    assert_eq!(value(&provider, "T").await.as_deref(), Some("true"));
    assert_eq!(value(&provider, "NULL").await, None);
    fs::write(&path, r#"{"A": "longer"}"#).unwrap();
    assert_eq!(value(&provider, "A").await.as_deref(), Some("longer"));
}

#[tokio::test]
async fn a_dotenv_file_knows_comments_quotes_and_export() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("secrets.env");
    fs::write(
        &path,
        "# c\nexport A=plain # note\nB = 'single # \\n'\n\nC=\"two\\nlines \\\"q\\\"\" # note\nD=\n",
    )
    .unwrap();
    let provider = FileSecrets::new(&path, FileFormat::of(&path));
    assert_eq!(value(&provider, "A").await.as_deref(), Some("plain"));
    assert_eq!(value(&provider, "B").await.as_deref(), Some("single # \\n"));
    assert_eq!(value(&provider, "C").await.as_deref(), Some("two\nlines \"q\""));
    assert_eq!(value(&provider, "D").await.as_deref(), Some(""));
}

#[tokio::test]
async fn a_broken_file_says_where_and_never_what() {
    let directory = tempfile::tempdir().unwrap();
    let error = async |name: &str, text: &str| {
        let path = directory.path().join(name);
        fs::write(&path, text).unwrap();
        let provider = FileSecrets::new(&path, FileFormat::of(Path::new(name)));
        provider
            .secret(&SecretName::new("A").unwrap(), &SecretScope::default())
            .await
            .unwrap_err()
            .to_string()
    };
    for (name, text, place) in [
        ("a.json", "{\"A\": canary}", "line 1, column 7"),
        ("b.json", "{\"A\": [\"canary\"]}", "the value of 'A'"),
        ("c.env", "X=1\ncanary", "line 2"),
        ("d.env", "A=\"canary", "line 1"),
    ] {
        let message = error(name, text).await;
        assert!(message.contains(place) && !message.contains("canary"), "{message}");
    }
}
