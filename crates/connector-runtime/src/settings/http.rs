//! `[http]`: the endpoints for operators.

use secrecy::SecretString;

/// `[http]`: the endpoints for operators.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// Whether there are any.
    pub enabled: bool,
    /// Where to listen; loopback unless told otherwise, since nothing asks who is there.
    pub address: String,
    /// The port, 0 = any free one; absent = 8080, and none when that is taken.
    pub port: Option<u16>,
    /// A port for health and metrics alone; absent = the same port.
    pub management_port: Option<u16>,
    /// What whoever resets a consumer has to send; absent = nobody can.
    pub token: Option<SecretString>,
    /// The name of this process among others.
    pub hostname: Option<String>,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            address: "127.0.0.1".to_owned(),
            port: None,
            management_port: None,
            token: None,
            hostname: None,
        }
    }
}
