//! Statements signed with the client's private key, instead of a secret.

use crate::{ClientAssertion, GatewayError, KeyName, WallClock, channel::read};
use aws_lc_rs::{
    digest::{SHA1_FOR_LEGACY_USE_ONLY, digest},
    rand::SystemRandom,
    signature::{RSA_PKCS1_SHA256, RsaKeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use connector_core::{EngineError, EngineErrorCode};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use secrecy::SecretString;
use serde_json::json;
use std::fmt;
use uuid::Uuid;

/// How long a statement holds, in seconds. Source: the Java client.
const LIFETIME: i64 = 5 * 60;

/// Signs statements about who we are.
pub(crate) struct Signer {
    key: RsaKeyPair,
    /// The JOSE header, the same for all.
    header: String,
    client_id: String,
    clock: WallClock,
}

impl Signer {
    pub(crate) fn new(
        assertion: &ClientAssertion,
        client_id: &str,
        clock: WallClock,
    ) -> Result<Self, GatewayError> {
        let (name, value) = match &assertion.known_by {
            KeyName::Id(id) => ("kid", id.clone()),
            KeyName::Certificate(path) => {
                let pem = read(path, "client assertion certificate")?;
                let certificate = CertificateDer::from_pem_slice(&pem).map_err(|error| {
                    GatewayError::InvalidAssertion { path: path.clone(), reason: error.to_string() }
                })?;
                // The fingerprint only names the certificate; nothing rests on its strength.
                let fingerprint = digest(&SHA1_FOR_LEGACY_USE_ONLY, &certificate);
                ("x5t", URL_SAFE_NO_PAD.encode(fingerprint))
            }
        };
        let header = json!({"alg": "RS256", "typ": "JWT", name: value}).to_string();
        Ok(Self { key: rsa_key(assertion)?, header, client_id: client_id.to_owned(), clock })
    }

    /// A statement for one token endpoint. Source: RFC 7523 §3.
    pub(crate) fn sign(&self, audience: &str) -> Result<SecretString, EngineError> {
        let now = self.clock.epoch_millis() / 1000;
        let claims = json!({
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": audience,
            "jti": Uuid::new_v4().to_string(),
            "iat": now,
            "nbf": now,
            "exp": now.saturating_add(LIFETIME),
        });
        let [header, claims] =
            [self.header.clone(), claims.to_string()].map(|part| URL_SAFE_NO_PAD.encode(part));
        let signed = format!("{header}.{claims}");
        let mut signature = vec![0; self.key.public_modulus_len()];
        let made = self.key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature);
        made.map_err(|_| {
            EngineError::new(
                EngineErrorCode::Unauthenticated,
                "the client assertion cannot be signed with its key",
            )
        })?;
        Ok(SecretString::from(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))))
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

fn rsa_key(assertion: &ClientAssertion) -> Result<RsaKeyPair, GatewayError> {
    let path = &assertion.key;
    let invalid = |reason: String| GatewayError::InvalidAssertion { path: path.clone(), reason };
    let pem = read(path, "client assertion key")?;
    let key = PrivateKeyDer::from_pem_slice(&pem).map_err(|error| invalid(error.to_string()))?;
    let pair = match &key {
        PrivateKeyDer::Pkcs8(der) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()),
        PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()),
        _ => return Err(invalid("it is no RSA key".to_owned())),
    };
    pair.map_err(|error| invalid(format!("it is no RSA key that can sign ({error})")))
}
