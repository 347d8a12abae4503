//! Signature version 4: who signed a request, and whether with the right secret.
//!
//! Source: "Create a signed AWS API request" in the IAM user guide. The age of the signature is not judged, since
//! tests stop the clock.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};

use hmac::{Hmac, KeyInit, Mac};
use http::HeaderMap;
use http::request::Parts;
use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};

use super::digest::hex;
use super::options::AccessKey;
use super::refusal::{Refusal, RefusalCode};

/// The parts of an Authorization header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Authorization {
    pub(crate) access_key: String,
    pub(crate) date: String,
    pub(crate) region: String,
    pub(crate) service: String,
    signed_headers: String,
    signature: String,
}

impl Authorization {
    /// Reads the header; none when it is absent or not of this form.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        let fields = text(headers, "authorization")?.strip_prefix("AWS4-HMAC-SHA256")?;
        let mut found = Self::default();
        for (name, value) in fields.split(',').filter_map(|field| field.trim().split_once('=')) {
            match name {
                "Credential" => {
                    // An access key may hold a slash; the scope has four parts.
                    let mut parts = value.rsplitn(5, '/').skip(1);
                    found.service = parts.next()?.into();
                    found.region = parts.next()?.into();
                    found.date = parts.next()?.into();
                    found.access_key = parts.next()?.into();
                }
                "SignedHeaders" => found.signed_headers = value.into(),
                "Signature" => found.signature = value.into(),
                _ => {}
            }
        }
        (!found.access_key.is_empty()).then_some(found)
    }

    fn scope(&self) -> String {
        format!("{}/{}/{}/aws4_request", self.date, self.region, self.service)
    }
}

/// The header as text.
pub(crate) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

type SigningKey = [u8; 32];

/// Verifies requests against the known keys.
#[derive(Debug)]
pub(crate) struct Verifier {
    keys: HashMap<String, AccessKey>,
    /// Signing keys by key id and scope: each takes four HMACs to derive.
    derived: Mutex<HashMap<(String, String), SigningKey>>,
}

impl Verifier {
    pub(crate) fn new(keys: &[AccessKey]) -> Self {
        Self {
            keys: keys.iter().map(|key| (key.id.clone(), key.clone())).collect(),
            derived: Mutex::default(),
        }
    }

    /// Accepts every request when no key is configured.
    pub(crate) fn verify(
        &self,
        request: &Parts,
        body: &[u8],
        authorization: Option<&Authorization>,
    ) -> Result<(), Refusal> {
        if self.keys.is_empty() {
            return Ok(());
        }
        let Some(authorization) = authorization else {
            return Err(Refusal::new(
                RefusalCode::MissingAuthentication,
                "Request is missing Authentication Token",
            ));
        };
        let unknown = || {
            Refusal::new(RefusalCode::UnknownKey, "The security token included in the request is invalid.")
        };
        let key = self.keys.get(&authorization.access_key).ok_or_else(unknown)?;
        let token = key.session_token.as_ref().map(ExposeSecret::expose_secret);
        if text(&request.headers, "x-amz-security-token") != token {
            return Err(unknown());
        }
        let signed = authorization.signed_headers.split(';').any(|name| name == "host");
        let expected = self.sign(key, request, body, authorization);
        if !signed || !is_own_payload(&request.headers, body) || expected != authorization.signature {
            let text = "The request signature we calculated does not match the signature you provided. Check your \
                        AWS Secret Access Key and signing method. Consult the service documentation for details.";
            return Err(Refusal::new(RefusalCode::InvalidSignature, text));
        }
        Ok(())
    }

    fn sign(&self, key: &AccessKey, request: &Parts, body: &[u8], authorization: &Authorization) -> String {
        let scope = authorization.scope();
        let date = text(&request.headers, "x-amz-date").unwrap_or_default();
        let canonical = canonical_request(request, body, &authorization.signed_headers);
        let digest = hex(&Sha256::digest(canonical.as_bytes()));
        let to_sign = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{digest}");
        hex(&hmac(&self.signing_key(key, authorization, scope), to_sign.as_bytes()))
    }

    fn signing_key(&self, key: &AccessKey, authorization: &Authorization, scope: String) -> SigningKey {
        let mut derived = self.derived.lock().unwrap_or_else(PoisonError::into_inner);
        *derived.entry((key.id.clone(), scope)).or_insert_with(|| {
            let first = format!("AWS4{}", key.secret.expose_secret());
            [&authorization.date, &authorization.region, &authorization.service, "aws4_request"]
                .iter()
                .fold(first.into_bytes(), |key, part| hmac(&key, part.as_bytes()).to_vec())
                .try_into()
                .unwrap_or_default()
        })
    }
}

fn hmac(key: &[u8], text: &[u8]) -> SigningKey {
    // HMAC takes keys of any length, so the error cannot happen; an all-zero sum would match no signature.
    Hmac::<Sha256>::new_from_slice(key)
        .map_or_else(|_| SigningKey::default(), |mac| mac.chain_update(text).finalize().into_bytes().into())
}

/// A declared payload hash must be the payload's.
fn is_own_payload(headers: &HeaderMap, body: &[u8]) -> bool {
    match text(headers, "x-amz-content-sha256") {
        None | Some("UNSIGNED-PAYLOAD") => true,
        Some(declared) => declared == hex(&Sha256::digest(body)),
    }
}

fn canonical_request(request: &Parts, body: &[u8], signed_headers: &str) -> String {
    let mut canonical = format!("{}\n{}\n{}\n", request.method, encode(request.uri.path()), query(request));
    for name in signed_headers.split(';') {
        let values: Vec<String> = request
            .headers
            .get_all(name)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .map(|value| value.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        let _ = writeln!(canonical, "{name}:{}", values.join(","));
    }
    let payload = match text(&request.headers, "x-amz-content-sha256") {
        Some(declared) => declared.to_owned(),
        None => hex(&Sha256::digest(body)),
    };
    let _ = write!(canonical, "\n{signed_headers}\n{payload}");
    canonical
}

/// Query parameters sorted by name; they arrive encoded already.
fn query(request: &Parts) -> String {
    let mut parameters: Vec<String> = request
        .uri
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|parameter| !parameter.is_empty())
        .map(|parameter| if parameter.contains('=') { parameter.into() } else { format!("{parameter}=") })
        .collect();
    parameters.sort();
    parameters.join("&")
}

/// The path is encoded once more, as every service but S3 wants it.
fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || byte == b'/' {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(signature: &str) -> Parts {
        // The example of the AWS documentation: "GET ListUsers" of IAM, with its published signature.
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, \
             SignedHeaders=content-type;host;x-amz-date, Signature={signature}"
        );
        let (parts, ()) = http::Request::get("/?Action=ListUsers&Version=2010-05-08")
            .header("content-type", "application/x-www-form-urlencoded; charset=utf-8")
            .header("host", "iam.amazonaws.com")
            .header("x-amz-date", "20150830T123600Z")
            .header("authorization", authorization)
            .body(())
            .unwrap()
            .into_parts();
        parts
    }

    fn verify(secret: &str, signature: &str) -> Result<(), RefusalCode> {
        let request = request(signature);
        let authorization = Authorization::of(&request.headers);
        Verifier::new(&[AccessKey::new("AKIDEXAMPLE", secret)])
            .verify(&request, b"", authorization.as_ref())
            .map_err(|refusal| refusal.code)
    }

    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
    const SIGNATURE: &str = "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7";

    #[test]
    fn accepts_the_documented_signature() {
        assert_eq!(verify(SECRET, SIGNATURE), Ok(()));
    }

    #[test]
    fn refuses_another_secret_and_another_signature() {
        assert_eq!(verify("other", SIGNATURE), Err(RefusalCode::InvalidSignature));
        assert_eq!(verify(SECRET, "00"), Err(RefusalCode::InvalidSignature));
    }

    #[test]
    fn refuses_unknown_keys_and_missing_signatures() {
        let verifier = Verifier::new(&[AccessKey::new("other", "x")]);
        let request = request(SIGNATURE);
        let authorization = Authorization::of(&request.headers);
        let code = |result: Result<(), Refusal>| result.unwrap_err().code;
        assert_eq!(code(verifier.verify(&request, b"", authorization.as_ref())), RefusalCode::UnknownKey);
        assert_eq!(code(verifier.verify(&request, b"", None)), RefusalCode::MissingAuthentication);
    }
}
