//! What a server must do to pass for Amazon SQS, as a list of checks over any endpoint.
//!
//! The checks use the real client, each with queues of its own, and run at the same time. They know the protocol only,
//! so they can judge this crate's server, another emulator or AWS itself.
//!
//! Source of every expectation: the Amazon SQS API reference and developer guide.

mod fifo;
mod probe;
mod queues;
mod sending;
mod visibility;

use std::future::Future;
use std::pin::Pin;

use tokio::task::JoinSet;

use probe::Probe;

/// Where to check, and with what.
#[derive(Clone, Debug)]
pub struct Target {
    /// The base URL, for instance `http://127.0.0.1:9324`.
    pub endpoint: String,
    /// The region that requests are signed for.
    pub region: String,
    /// An access key that the server accepts.
    pub access_key: String,
    /// Its secret.
    pub secret_key: secrecy::SecretString,
}

impl Target {
    /// A target in `us-east-1` with the key `test` and the secret `test`.
    pub fn new(endpoint: impl Into<String>) -> Self {
        let (region, access_key) = ("us-east-1".into(), "test".into());
        Self {
            endpoint: endpoint.into(),
            region,
            access_key,
            secret_key: secrecy::SecretString::from("test"),
        }
    }
}

/// The outcome of one check: nothing, or how the server deviates.
pub type Outcome = Result<(), String>;

type Running = Pin<Box<dyn Future<Output = Outcome> + Send>>;
type Check = (&'static str, fn(Probe) -> Running);

/// Runs every check; the outcomes come in the order of the list. Takes about fifteen seconds, nearly all of it waiting.
pub async fn run(target: &Target) -> Vec<(&'static str, Outcome)> {
    let all: Vec<Check> = [sending::CHECKS, visibility::CHECKS, fifo::CHECKS, queues::CHECKS].concat();
    let mut running = JoinSet::new();
    for (position, (_, check)) in all.iter().enumerate() {
        let future = check(Probe::new(target, position));
        running.spawn(async move { (position, future.await) });
    }
    let mut outcomes: Vec<(&'static str, Outcome)> =
        all.iter().map(|(name, _)| (*name, Err("the check itself broke off".to_owned()))).collect();
    while let Some(done) = running.join_next().await {
        if let Ok((position, outcome)) = done
            && let Some(slot) = outcomes.get_mut(position)
        {
            slot.1 = outcome;
        }
    }
    outcomes
}

/// Fails a check with a text when the condition does not hold.
macro_rules! ensure {
    ($condition:expr, $($text:tt)+) => {
        if !$condition {
            return Err(format!($($text)+));
        }
    };
}

/// The list of checks from names of functions: `check!(name)` names it, in words, after the function.
macro_rules! checks {
    ($($name:ident),+ $(,)?) => {
        pub(super) const CHECKS: &[super::Check] = &[$((stringify!($name), |probe| Box::pin($name(probe)))),+];
    };
}

use {checks, ensure};
