//! The client-credentials grant: form out, token in.

use super::{assertion::Signer, http_client::ProviderClient};
use crate::{ClientProof, GatewayError, OidcOptions, TokenUrl, WallClock, http_client::Answer};
use connector_core::{EngineError, EngineErrorCode};
use http::Uri;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use std::time::Duration;

/// A provider that does not say how long its token lives gets asked again after this.
const ASSUMED_LIFETIME: u64 = 60;
/// Longer lives than a year are cut, so that they can be added to a time.
const LONGEST_LIFETIME: u64 = 366 * 24 * 60 * 60;

/// Asks a provider for tokens.
pub(crate) struct Exchange {
    http: ProviderClient,
    place: Place,
    proof: Proof,
    options: OidcOptions,
}

enum Proof {
    Secret(SecretString),
    Signed(Box<Signer>),
}

/// The form field `client_assertion_type`. Source: RFC 7523 §2.2.
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

enum Place {
    Endpoint(Uri),
    Document(Uri),
}

/// What a provider gives out.
pub(crate) struct Grant {
    pub(crate) kind: String,
    pub(crate) token: SecretString,
    pub(crate) scope: Option<String>,
    /// For how long it holds, from now.
    pub(crate) lifetime: Duration,
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: String,
    token_type: Option<String>,
    expires_in: Option<serde_json::Value>,
    scope: Option<String>,
}

#[derive(Deserialize)]
struct ErrorAnswer {
    error: Option<String>,
    error_description: Option<String>,
}

#[derive(Deserialize)]
struct Configuration {
    token_endpoint: String,
}

impl Exchange {
    pub(crate) fn new(
        options: &OidcOptions,
        user_agent: &str,
        clock: WallClock,
    ) -> Result<Self, GatewayError> {
        let place = match &options.token_url {
            TokenUrl::Endpoint(url) => Place::Endpoint(absolute(url)?),
            TokenUrl::WellKnownConfiguration(url) => Place::Document(absolute(url)?),
            TokenUrl::Issuer(issuer) => {
                let issuer = issuer.trim_end_matches('/');
                Place::Document(absolute(&format!("{issuer}/.well-known/openid-configuration"))?)
            }
        };
        let http = ProviderClient::new(options, user_agent)?;
        let proof = match &options.proof {
            ClientProof::Secret(secret) => Proof::Secret(secret.clone()),
            ClientProof::Assertion(assertion) => {
                Proof::Signed(Box::new(Signer::new(assertion, &options.client_id, clock)?))
            }
        };
        Ok(Self { http, place, proof, options: options.clone() })
    }

    /// Asks for a token once.
    pub(crate) async fn grant(&self) -> Result<Grant, EngineError> {
        let endpoint = match &self.place {
            Place::Endpoint(endpoint) => endpoint.clone(),
            Place::Document(document) => self.discover(document).await?,
        };
        let form = self.form(&endpoint.to_string())?;
        let answer = self.http.post_form(&endpoint, form).await?;
        let body = self.accepted(&endpoint, &answer)?;
        // The parser's own words could quote the token.
        let parsed: TokenAnswer =
            serde_json::from_slice(body).map_err(|_| unusable(&endpoint, "no token", &answer))?;
        Ok(Grant::from(parsed))
    }

    async fn discover(&self, document: &Uri) -> Result<Uri, EngineError> {
        let answer = self.http.get(document).await?;
        let body = self.accepted(document, &answer)?;
        let nothing = || unusable(document, "no document that names a token endpoint", &answer);
        let parsed: Configuration = serde_json::from_slice(body).map_err(|_| nothing())?;
        absolute(&parsed.token_endpoint).map_err(|_| nothing())
    }

    /// The form. Source: RFC 6749 §4.4, with the fields that the Java client adds.
    fn form(&self, endpoint: &str) -> Result<String, EngineError> {
        let options = &self.options;
        let (secret, assertion) = match &self.proof {
            Proof::Secret(secret) => (Some(secret.clone()), None),
            Proof::Signed(signer) => (None, Some(signer.sign(endpoint)?)),
        };
        let exposed =
            |secret: &Option<SecretString>| secret.as_ref().map(|text| text.expose_secret().to_owned());
        let fields = [
            ("client_id", Some(options.client_id.clone())),
            ("client_secret", exposed(&secret)),
            ("client_assertion_type", assertion.as_ref().map(|_| ASSERTION_TYPE.to_owned())),
            ("client_assertion", exposed(&assertion)),
            ("audience", options.audience.clone()),
            ("grant_type", Some("client_credentials".to_owned())),
            ("scope", options.scope.clone()),
            ("resource", options.resource.clone()),
        ];
        let given = fields.iter().filter_map(|(name, value)| value.as_ref().map(|value| (name, value)));
        let pairs: Vec<String> = given.map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        Ok(pairs.join("&"))
    }

    /// The body of a good answer; anything else is an error that names the provider's own words, never the request.
    fn accepted<'a>(&self, uri: &Uri, answer: &'a Answer) -> Result<&'a [u8], EngineError> {
        if answer.status.is_success() {
            return Ok(&answer.body);
        }
        let words = serde_json::from_slice::<ErrorAnswer>(&answer.body).ok();
        let words = words.map(|words| [words.error, words.error_description]).into_iter().flatten();
        let words: Vec<String> = words.flatten().map(|text| self.without_secret(text)).collect();
        let code = if self.options.retryable_status_codes.contains(&answer.status.as_u16()) {
            EngineErrorCode::Unavailable
        } else {
            EngineErrorCode::Unauthenticated
        };
        let message =
            format!("the identity provider at {uri} answered {} {}", answer.status, words.join(": "));
        Err(EngineError::new(code, message.trim_end()))
    }

    /// Some providers repeat what they refuse.
    fn without_secret(&self, text: String) -> String {
        match &self.proof {
            Proof::Secret(secret) if !secret.expose_secret().is_empty() => {
                text.replace(secret.expose_secret(), "***")
            }
            _ => text,
        }
    }
}

impl Grant {
    /// The header's value, with the type as RFC 6750 writes it.
    pub(crate) fn header_text(&self) -> String {
        header_text(&self.kind, &self.token)
    }
}

/// The header's value for a token of a kind.
pub(crate) fn header_text(kind: &str, token: &SecretString) -> String {
    let mut characters = kind.chars();
    let first: String = characters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{} {}", characters.as_str(), token.expose_secret())
}

impl From<TokenAnswer> for Grant {
    fn from(answer: TokenAnswer) -> Self {
        let seconds = match answer.expires_in {
            Some(serde_json::Value::Number(number)) => number.to_string().parse().ok(),
            Some(serde_json::Value::String(text)) => text.parse().ok(),
            _ => None,
        };
        let seconds = seconds.unwrap_or(ASSUMED_LIFETIME).min(LONGEST_LIFETIME);
        let kind = answer.token_type.filter(|kind| !kind.is_empty());
        Self {
            kind: kind.unwrap_or_else(|| "Bearer".to_owned()),
            token: answer.access_token.into(),
            scope: answer.scope,
            lifetime: Duration::from_secs(seconds),
        }
    }
}

fn unusable(uri: &Uri, what: &str, answer: &Answer) -> EngineError {
    let kind =
        if answer.content_type.is_empty() { "an answer of no type" } else { answer.content_type.as_str() };
    let message = format!(
        "the identity provider at {uri} answered {} with {kind}, which is {what}: check the URL",
        answer.status
    );
    EngineError::new(EngineErrorCode::Unauthenticated, message)
}

fn absolute(url: &str) -> Result<Uri, GatewayError> {
    let uri = url.trim().parse::<Uri>().ok();
    let usable = |uri: &Uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some();
    uri.filter(usable).ok_or_else(|| GatewayError::InvalidTokenUrl { url: url.to_owned() })
}

/// `application/x-www-form-urlencoded`: everything but letters, digits and `-._` as bytes.
fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodes_what_a_form_cannot_carry() {
        assert_eq!(encoded("a-b_c.1 +&=ä"), "a-b_c.1%20%2B%26%3D%C3%A4");
    }

    #[test]
    fn writes_the_token_type_with_a_capital() {
        let answer: TokenAnswer =
            serde_json::from_str(r#"{"access_token":"t","token_type":"bearer","expires_in":"300"}"#).unwrap();
        let grant = Grant::from(answer);
        assert_eq!(grant.header_text(), "Bearer t");
        assert_eq!(grant.lifetime, Duration::from_secs(300));
    }

    #[test]
    fn an_error_shows_the_providers_words_only() {
        let uri = Uri::from_static("https://login.example/token");
        let body =
            br#"{"error":"invalid_client","error_description":"unknown client","client_secret":"canary"}"#;
        let status = http::StatusCode::UNAUTHORIZED;
        let answer = Answer { status, content_type: String::new(), body: body.to_vec() };
        let options = OidcOptions::new("c", "unknown".into(), "https://login.example/token");
        let exchange = Exchange::new(&options, "tests", WallClock::default()).unwrap();
        let error = exchange.accepted(&uri, &answer).unwrap_err();
        assert_eq!(error.code, EngineErrorCode::Unauthenticated);
        let expected = "the identity provider at https://login.example/token answered 401 Unauthorized \
                        invalid_client: *** client";
        assert_eq!(error.message, expected);
    }
}
