//! What to do about TLS that cannot be agreed on.

use rustls::{CertificateError, Error as TlsError};
use std::{error::Error, io};

/// An alert that comes after the handshake, of which HTTP/2 keeps the words only.
const CERTIFICATE_REQUIRED: &str = "received fatal alert: CertificateRequired";

/// What to change when TLS is among the causes of an error, and the change is ours to make or to ask for.
pub(crate) fn advice(error: &(dyn Error + 'static)) -> Option<&'static str> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(tls) = tls_error(error) {
            return about(tls);
        }
        if error.to_string().ends_with(CERTIFICATE_REQUIRED) {
            return Some("the server asks for a client certificate: set the client certificate and its key");
        }
        next = error.source();
    }
    None
}

fn tls_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a TlsError> {
    // An I/O error hides what it was made from: its source is the source of that.
    let inner = || error.downcast_ref::<io::Error>()?.get_ref()?.downcast_ref();
    error.downcast_ref().or_else(inner)
}

fn about(error: &TlsError) -> Option<&'static str> {
    use CertificateError as Certificate;
    Some(match error {
        // An authority of the same name with another key fails with its signature.
        TlsError::InvalidCertificate(Certificate::UnknownIssuer | Certificate::BadSignature) => {
            "the authority that signed the server's certificate is not trusted: set the CA certificate"
        }
        TlsError::InvalidCertificate(
            Certificate::NotValidForName | Certificate::NotValidForNameContext { .. },
        ) => "the server's certificate is for another host: check the address, or override the authority",
        TlsError::InvalidCertificate(Certificate::Expired | Certificate::ExpiredContext { .. }) => {
            "the server's certificate has expired: it needs a new one"
        }
        TlsError::InvalidMessage(_) => {
            "the server does not speak TLS there: check the address's scheme and port"
        }
        _ => return None,
    })
}
