//! Secrets from files: a directory with one file a secret, or one JSON or dotenv file.

use crate::{SecretError, SecretName, SecretProvider, SecretScope};
use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use std::{
    collections::HashMap,
    io::ErrorKind,
    path::{Component, Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

/// The provider `directory`: the secret `N` is the content of the file `N`, less one line break at its end.
///
/// This is how Kubernetes and Docker mount secrets. The file is read at each lookup, so that a change counts at once.
#[derive(Debug)]
pub struct DirectorySecrets {
    directory: PathBuf,
}

impl DirectorySecrets {
    /// Looks in this directory; it need not exist yet.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self { directory: directory.into() }
    }
}

#[async_trait]
impl SecretProvider for DirectorySecrets {
    fn describe(&self) -> &str {
        "directory"
    }

    async fn secret(&self, name: &SecretName, _: &SecretScope) -> Result<Option<SecretString>, SecretError> {
        let relative = Path::new(name.as_str());
        if !relative.components().all(|component| matches!(component, Component::Normal(_))) {
            return Ok(None);
        }
        match tokio::fs::read_to_string(self.directory.join(relative)).await {
            Ok(text) => {
                let value = text
                    .strip_suffix('\n')
                    .map_or(text.as_str(), |line| line.strip_suffix('\r').unwrap_or(line));
                Ok(Some(SecretString::from(value)))
            }
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::NotFound | ErrorKind::IsADirectory | ErrorKind::NotADirectory
                ) =>
            {
                Ok(None)
            }
            Err(error) => Err(SecretError::Provider {
                provider: "directory".to_owned(),
                reason: format!("cannot read the file of '{name}': {error}"),
            }),
        }
    }
}

/// How a file of secrets is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileFormat {
    /// One JSON object, names to strings, numbers or booleans.
    Json,
    /// Lines `NAME=value`; `#` comments, an optional `export`, single or double quotes.
    Dotenv,
}

impl FileFormat {
    /// JSON for a path that ends in `.json`, dotenv for any other.
    pub fn of(path: &Path) -> Self {
        let json = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
        if json { Self::Json } else { Self::Dotenv }
    }
}

type Secrets = HashMap<String, SecretString>;
type Version = (Option<SystemTime>, u64);

/// The provider `file`: all secrets in one file, read again when it changes.
pub struct FileSecrets {
    path: PathBuf,
    format: FileFormat,
    read: Mutex<Option<(Version, Arc<Secrets>)>>,
}

impl FileSecrets {
    /// Looks in this file.
    pub fn new(path: impl Into<PathBuf>, format: FileFormat) -> Self {
        Self { path: path.into(), format, read: Mutex::default() }
    }

    async fn secrets(&self) -> Result<Arc<Secrets>, SecretError> {
        let metadata = tokio::fs::metadata(&self.path).await.map_err(|error| self.failed(&error))?;
        let version = (metadata.modified().ok(), metadata.len());
        if let Some((known, secrets)) = &*self.read.lock().unwrap_or_else(PoisonError::into_inner)
            && *known == version
        {
            return Ok(Arc::clone(secrets));
        }
        let text = tokio::fs::read_to_string(&self.path).await.map_err(|error| self.failed(&error))?;
        let secrets = Arc::new(match self.format {
            FileFormat::Json => self.json(&text)?,
            FileFormat::Dotenv => self.dotenv(&text)?,
        });
        *self.read.lock().unwrap_or_else(PoisonError::into_inner) = Some((version, Arc::clone(&secrets)));
        Ok(secrets)
    }

    fn json(&self, text: &str) -> Result<Secrets, SecretError> {
        let document: HashMap<String, Value> = serde_json::from_str(text).map_err(|error| {
            self.invalid("JSON", format!("line {}, column {}", error.line(), error.column()))
        })?;
        let entries = document.into_iter().filter_map(|(name, value)| match value {
            Value::Null => None,
            Value::String(text) => Some(Ok((name, SecretString::from(text)))),
            Value::Number(_) | Value::Bool(_) => Some(Ok((name, SecretString::from(value.to_string())))),
            Value::Array(_) | Value::Object(_) => Some(Err(self
                .invalid("JSON", format!("the value of '{name}' must be a string, a number or a boolean")))),
        });
        entries.collect()
    }

    fn dotenv(&self, text: &str) -> Result<Secrets, SecretError> {
        let mut secrets = Secrets::new();
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let line = line.strip_prefix("export ").unwrap_or(line);
            let (name, value) = line
                .split_once('=')
                .ok_or_else(|| self.invalid("dotenv", format!("line {number} has no '='")))?;
            let value = dotenv_value(value.trim()).ok_or_else(|| {
                self.invalid("dotenv", format!("line {number} has a quote that does not end"))
            })?;
            secrets.insert(name.trim().to_owned(), SecretString::from(value));
        }
        Ok(secrets)
    }

    fn failed(&self, error: &std::io::Error) -> SecretError {
        SecretError::Provider {
            provider: "file".to_owned(),
            reason: format!("cannot read {}: {error}", self.path.display()),
        }
    }

    fn invalid(&self, format: &'static str, reason: String) -> SecretError {
        SecretError::InvalidFile { path: self.path.display().to_string(), format, reason }
    }
}

/// A value without its quotes; in double quotes `\n`, `\t`, `\"` and `\\` stand for themselves. `None` when a quote does not end.
fn dotenv_value(text: &str) -> Option<String> {
    if let Some(quoted) = text.strip_prefix('\'') {
        return quoted.strip_suffix('\'').map(str::to_owned);
    }
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(" #").unwrap_or(text.len());
        return text.get(..end).map(|value| value.trim_end().to_owned());
    };
    let mut value = String::new();
    let mut characters = quoted.chars();
    loop {
        match characters.next()? {
            '"' => return Some(value),
            '\\' => match characters.next()? {
                'n' => value.push('\n'),
                't' => value.push('\t'),
                other => value.push(other),
            },
            other => value.push(other),
        }
    }
}

#[async_trait]
impl SecretProvider for FileSecrets {
    fn describe(&self) -> &str {
        "file"
    }

    async fn secret(&self, name: &SecretName, _: &SecretScope) -> Result<Option<SecretString>, SecretError> {
        let secrets = self.secrets().await?;
        Ok(secrets.get(name.as_str()).map(|value| SecretString::from(value.expose_secret())))
    }
}
