//! Where a queue lives and with whose keys it is reached.

use secrecy::{ExposeSecret, SecretString};
use std::{
    fmt,
    hash::{Hash, Hasher},
};

/// How requests are signed.
#[derive(Clone)]
pub enum Credentials {
    /// Keys that were handed in. White space around them is dropped, as the AWS SDK for Java does.
    Static {
        /// The access key id.
        access_key: String,
        /// The secret access key.
        secret_key: SecretString,
        /// The session token of temporary credentials.
        session_token: Option<SecretString>,
    },
    /// The default chain in the order of the AWS SDK for Java v2: environment, web identity token, profile,
    /// container, instance metadata.
    DefaultChain,
}

impl PartialEq for Credentials {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::DefaultChain, Self::DefaultChain) => true,
            (
                Self::Static { access_key, secret_key, session_token },
                Self::Static {
                    access_key: other_access,
                    secret_key: other_secret,
                    session_token: other_token,
                },
            ) => {
                access_key == other_access
                    && secret_key.expose_secret() == other_secret.expose_secret()
                    && session_token.as_ref().map(ExposeSecret::expose_secret)
                        == other_token.as_ref().map(ExposeSecret::expose_secret)
            }
            _ => false,
        }
    }
}

impl Eq for Credentials {}

impl Hash for Credentials {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // The access key names the pair; equality looks at the secrets.
        if let Self::Static { access_key, .. } = self {
            access_key.hash(state);
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Static { .. } => "Static(hidden)",
            Self::DefaultChain => "DefaultChain",
        })
    }
}

/// Everything that makes two SQS clients the same client.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Connection {
    /// How requests are signed.
    pub credentials: Credentials,
    /// The region of signature and endpoint; any text, as the AWS SDK for Java takes it.
    pub region: String,
    /// The URL that requests go to; `None` = the pool's override, else AWS's own for the region.
    pub endpoint: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(secret: &str, token: Option<&str>) -> Credentials {
        Credentials::Static {
            access_key: "AKIACANARY".into(),
            secret_key: secret.into(),
            session_token: token.map(Into::into),
        }
    }

    #[test]
    fn debug_shows_no_key_and_no_secret() {
        let shown = format!(
            "{:?}",
            Connection {
                credentials: keys("canary-secret", Some("canary-token")),
                region: "r".into(),
                endpoint: None
            }
        );
        assert!(!shown.to_lowercase().contains("canary"), "{shown}");
    }

    #[test]
    fn differ_when_any_part_differs() {
        assert_eq!(keys("a", None), keys("a", None));
        assert_ne!(keys("a", None), keys("b", None));
        assert_ne!(keys("a", None), keys("a", Some("t")));
        assert_ne!(keys("a", None), Credentials::DefaultChain);
    }
}
