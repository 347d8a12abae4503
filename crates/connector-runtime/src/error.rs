//! Why the runtime cannot start.

use connector_core::ErrorKind;
use std::path::PathBuf;
use zeebe_gateway::{GatewayError, RestError};

/// The runtime cannot start: somebody has to change something.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RuntimeError {
    /// A setting has a value that it does not take, or is none.
    #[error("{place}: {complaint}")]
    Setting {
        /// Where the setting stands.
        place: String,
        /// What is wrong with it and what it takes.
        complaint: String,
    },
    /// The engine's address, TLS or credentials cannot be used.
    #[error("[gateway] {name}: {0}", name = setting(.0))]
    Gateway(#[from] GatewayError),
    /// The REST API's address or TLS cannot be used.
    #[error("[gateway] rest-address: {0}")]
    Rest(#[from] RestError),
    /// The endpoints' address cannot be listened on.
    #[error(
        "cannot listen on {address}: {source}; choose another [http] port (SERVER_PORT) or address (SERVER_ADDRESS)"
    )]
    Listen {
        /// `host:port`.
        address: String,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// A BPMN file cannot be used.
    #[error("{}: {complaint}", path.display())]
    Process {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        complaint: String,
    },
    /// The folder of processes cannot be read.
    #[error("--processes {}: {source}; name a folder with *.bpmn files", folder.display())]
    Processes {
        /// The folder.
        folder: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
}

impl RuntimeError {
    /// A stable code for logs and documentation.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Setting { .. } => "RUNTIME_SETTING",
            Self::Gateway(error) => error.code(),
            Self::Rest(error) => error.code(),
            Self::Listen { .. } => "RUNTIME_LISTEN",
            Self::Process { .. } => "RUNTIME_PROCESS",
            Self::Processes { .. } => "RUNTIME_PROCESSES",
        }
    }

    /// Always [`ErrorKind::Terminal`]: the same start fails again.
    pub fn kind(&self) -> ErrorKind {
        ErrorKind::Terminal
    }
}

/// The settings that an error of the client is about.
fn setting(error: &GatewayError) -> &'static str {
    match error {
        GatewayError::NoAddress | GatewayError::InvalidAddress { .. } => "address",
        GatewayError::InvalidAuthority { .. } => "override-authority",
        GatewayError::InvalidCredentials => "auth-username or auth-password",
        GatewayError::InvalidTokenUrl { .. } => "auth-token-url",
        GatewayError::InvalidAssertion { .. } => "auth-assertion-key-path or auth-assertion-certificate-path",
        GatewayError::UnreadableFile { what, .. } => match *what {
            "CA certificate" => "ca-certificate-path or auth-ca-certificate-path",
            "client certificate" => "client-certificate-path or auth-client-certificate-path",
            "client key" => "client-key-path or auth-client-key-path",
            _ => "auth-assertion-key-path or auth-assertion-certificate-path",
        },
        _ => "TLS and the certificates' paths",
    }
}
