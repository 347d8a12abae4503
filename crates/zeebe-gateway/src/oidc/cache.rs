//! Tokens that outlive this process: a YAML file that its owner alone can read.

use super::yaml;
use secrecy::{ExposeSecret, SecretString};
use std::{
    collections::BTreeMap,
    fs::{self, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

/// Client id → `auth` → `credentials` → fields, as the Java client has it.
type Entries = BTreeMap<String, BTreeMap<String, String>>;

const FOLDERS: [&str; 2] = ["auth", "credentials"];

/// The place of one client in the file.
#[derive(Clone, Debug)]
pub(crate) struct CredentialsCache {
    path: PathBuf,
    client_id: String,
}

/// A token with its end.
#[derive(Clone, Debug)]
pub(crate) struct Cached {
    pub(crate) access_token: SecretString,
    pub(crate) token_type: String,
    pub(crate) scope: Option<String>,
    /// Milliseconds since 1970.
    pub(crate) expiry: i64,
}

impl CredentialsCache {
    pub(crate) fn new(path: PathBuf, client_id: String) -> Self {
        Self { path, client_id }
    }

    /// What the file has for the client; `None` when it is absent, unreadable or of another shape.
    pub(crate) async fn read(&self) -> Option<Cached> {
        let own = self.clone();
        let entries = tokio::task::spawn_blocking(move || entries(&own.path)).await.ok()?.ok()?;
        Cached::from_fields(entries.get(&self.client_id)?)
    }

    /// Writes a token beside those of other clients.
    pub(crate) async fn write(&self, cached: &Cached) {
        let (own, fields) = (self.clone(), cached.fields());
        let written = tokio::task::spawn_blocking(move || own.write_fields(fields)).await;
        let error = match written {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error,
            Err(error) => io::Error::other(error),
        };
        tracing::warn!(path = %self.path.display(), %error, "the token cannot be kept in the credentials cache");
    }

    fn write_fields(&self, fields: BTreeMap<String, String>) -> io::Result<()> {
        // A file that cannot be understood holds nothing that is worth keeping.
        let mut entries = entries(&self.path).unwrap_or_default();
        entries.insert(self.client_id.clone(), fields);
        replace(&self.path, &text(&entries))
    }
}

impl Cached {
    fn from_fields(fields: &BTreeMap<String, String>) -> Option<Self> {
        let expiry: jiff::Timestamp = fields.get("expiry")?.parse().ok()?;
        Some(Self {
            access_token: SecretString::from(
                fields.get("accesstoken").filter(|token| !token.is_empty())?.as_str(),
            ),
            token_type: fields.get("tokentype").filter(|kind| !kind.is_empty())?.clone(),
            scope: fields.get("scope").filter(|scope| !scope.is_empty()).cloned(),
            expiry: expiry.as_millisecond(),
        })
    }

    fn fields(&self) -> BTreeMap<String, String> {
        let expiry = jiff::Timestamp::from_millisecond(self.expiry).unwrap_or(jiff::Timestamp::MAX);
        let fields = [
            ("accesstoken", Some(self.access_token.expose_secret().to_owned())),
            ("expiry", Some(expiry.to_string())),
            ("tokentype", Some(self.token_type.clone())),
            ("scope", self.scope.clone()),
        ];
        let given = fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        given.collect()
    }
}

fn entries(path: &Path) -> io::Result<Entries> {
    let text = fs::read_to_string(path)?;
    let leaves = yaml::leaves(&text).ok_or_else(|| io::Error::other("it is no credentials cache"))?;
    let mut entries = Entries::new();
    for (place, value) in leaves {
        if let [client, folder, inner, field] = place.as_slice()
            && [folder.as_str(), inner.as_str()] == FOLDERS
        {
            entries.entry(client.clone()).or_default().insert(field.clone(), value);
        }
    }
    Ok(entries)
}

fn text(entries: &Entries) -> String {
    let mut text = String::from("---\n");
    for (client, fields) in entries {
        text.push_str(&format!("{}:\n  auth:\n    credentials:\n", yaml::quoted(client)));
        for (name, value) in fields {
            text.push_str(&format!("      {name}: {}\n", yaml::quoted(value)));
        }
    }
    text
}

/// Another process that reads meanwhile sees the old file or the new one.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.map_or_else(|| PathBuf::from("."), Path::to_path_buf);
    fs::create_dir_all(&folder)?;
    let draft = folder.join(format!(".credentials-{}", uuid::Uuid::new_v4().simple()));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&draft).and_then(|mut file| file.write_all(text.as_bytes()));
    let placed = written.and_then(|()| fs::rename(&draft, path));
    if placed.is_err() {
        // It may not even exist; what matters is the error that is told.
        let _ = fs::remove_file(&draft);
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(text: &str) -> Cached {
        let access_token = SecretString::from(text);
        Cached { access_token, token_type: "Bearer".to_owned(), scope: None, expiry: 4_102_444_800_000 }
    }

    #[tokio::test]
    async fn keeps_the_tokens_of_several_clients_in_a_file_of_the_owners() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("inner/credentials");
        let [one, two] = ["one", "two: \"odd\""].map(|id| CredentialsCache::new(path.clone(), id.to_owned()));
        assert!(one.read().await.is_none());
        one.write(&token("first")).await;
        two.write(&token("second")).await;
        one.write(&token("third")).await;
        assert_eq!(one.read().await.unwrap().access_token.expose_secret(), "third");
        let read = two.read().await.unwrap();
        assert_eq!(read.access_token.expose_secret(), "second");
        assert_eq!((read.expiry, read.token_type.as_str()), (4_102_444_800_000, "Bearer"));
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "a draft was left behind");
        #[cfg(unix)]
        assert_eq!(
            std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&path).unwrap().permissions()) & 0o777,
            0o600
        );
    }

    #[tokio::test]
    async fn reads_what_the_java_client_wrote() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("credentials");
        let java = "---\nconnector:\n  auth:\n    credentials:\n      accesstoken: \"wombat\"\n      \
                    expiry: \"2100-01-01T00:00:00Z\"\n      tokentype: Bearer\n      scope: 'a b'\n";
        fs::write(&path, java).unwrap();
        let cached = CredentialsCache::new(path, "connector".to_owned()).read().await.unwrap();
        assert_eq!(cached.access_token.expose_secret(), "wombat");
        assert_eq!((cached.expiry, cached.scope.as_deref()), (4_102_444_800_000, Some("a b")));
    }

    #[tokio::test]
    async fn a_file_of_another_shape_is_written_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("credentials");
        fs::write(&path, "<html>\n- no: [yaml").unwrap();
        let cache = CredentialsCache::new(path, "connector".to_owned());
        assert!(cache.read().await.is_none());
        cache.write(&token("fresh")).await;
        assert_eq!(cache.read().await.unwrap().access_token.expose_secret(), "fresh");
    }
}
