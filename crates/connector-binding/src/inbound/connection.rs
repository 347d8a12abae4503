//! Where elements may connect to, and as whom they do.

use super::{InboundBindingError, paths::Paths};
use crate::{ChainPolicy, EndpointPolicy, RequestCredentials, Violation, java::is_blank};

/// What the operator allows elements to connect to.
///
/// By default no endpoint but AWS's own, and the default credentials chain.
#[derive(Clone, Debug, Default)]
pub struct ConnectionRules {
    /// The endpoints that an element may name.
    pub endpoints: EndpointPolicy,
    /// Whether elements may use the default credentials chain.
    pub default_chain: ChainPolicy,
}

/// The paths of an authentication's fields.
struct AuthenticationPaths {
    object: &'static str,
    kind: &'static str,
    access_key: &'static str,
    secret_key: &'static str,
    session_token: &'static str,
}

const INLINE: AuthenticationPaths = AuthenticationPaths {
    object: "authentication",
    kind: "authentication.type",
    access_key: "authentication.accessKey",
    secret_key: "authentication.secretKey",
    session_token: "authentication.sessionToken",
};

const OF_CREDENTIAL: AuthenticationPaths = AuthenticationPaths {
    object: "awsCredential.authentication",
    kind: "awsCredential.authentication.type",
    access_key: "awsCredential.authentication.accessKey",
    secret_key: "awsCredential.authentication.secretKey",
    session_token: "awsCredential.authentication.sessionToken",
};

/// The credentials that the properties name: those of `awsCredential` when it is there, else the inline ones;
/// `None` when something is missing, which is a violation.
pub(crate) fn credentials(
    paths: &Paths,
    violations: &mut Vec<Violation>,
) -> Result<Option<RequestCredentials>, InboundBindingError> {
    let has_credential = paths.is_object("awsCredential")?;
    let fields = if has_credential { OF_CREDENTIAL } else { INLINE };
    if has_credential {
        filled(paths, "awsCredential.region", violations)?;
    }
    if !paths.is_object(fields.object)? {
        violations.push(Violation::new("authenticationPresent", "Authentication is required"));
        return Ok(None);
    }
    if paths.value(fields.kind)? == Some("defaultCredentialsChain") {
        return Ok(Some(RequestCredentials::DefaultChain));
    }
    let access_key = filled(paths, fields.access_key, violations)?;
    let secret_key = filled(paths, fields.secret_key, violations)?;
    let (Some(access_key), Some(secret_key)) = (access_key, secret_key) else { return Ok(None) };
    Ok(Some(RequestCredentials::Static {
        access_key: access_key.trim().to_owned(),
        secret_key: secret_key.trim().into(),
        session_token: paths.value(fields.session_token)?.filter(|text| !is_blank(text)).map(Into::into),
    }))
}

/// The value at a path; a violation when there is none, or only white space.
pub(crate) fn filled<'p>(
    paths: &'p Paths,
    path: &'static str,
    violations: &mut Vec<Violation>,
) -> Result<Option<&'p str>, InboundBindingError> {
    let value = paths.value(path)?.filter(|text| !is_blank(text));
    if value.is_none() {
        violations.push(Violation::new(path, "must not be blank"));
    }
    Ok(value)
}
