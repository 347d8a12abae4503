//! What a consumer did lately, for operators.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

/// Tells the time of day; injected, so that tests decide it.
pub type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// How bad an activity is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Severity {
    Debug,
    Info,
    Warning,
    Error,
}

impl Severity {
    /// `DEBUG`, `INFO`, `WARNING` or `ERROR`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "DEBUG",
            Self::Info => "INFO",
            Self::Warning => "WARNING",
            Self::Error => "ERROR",
        }
    }
}

/// What an activity is about. Source: the tags of the reference's activity log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Tag {
    /// Start, stop and change of a consumer.
    Lifecycle,
    /// The way to a working subscription.
    SubscriptionActivation,
    /// A change of health.
    Health,
    /// A received message.
    Message,
    /// What the engine made of a message.
    Correlation,
}

impl Tag {
    /// The tag as the reference writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lifecycle => "Lifecycle",
            Self::SubscriptionActivation => "Subscription activation",
            Self::Health => "Health",
            Self::Message => "Message",
            Self::Correlation => "Correlation",
        }
    }
}

/// One line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activity {
    /// How bad it is.
    pub severity: Severity,
    /// What it is about.
    pub tag: Tag,
    /// When it happened.
    pub timestamp: SystemTime,
    /// What happened, without secrets and without bodies.
    pub message: String,
    /// Keys that the engine answered with, for instance `processInstanceKey`.
    pub data: Vec<(&'static str, String)>,
}

/// The latest activities of a consumer, the oldest dropped first. Clones share the log.
#[derive(Clone)]
pub struct ActivityLog {
    clock: Clock,
    size: usize,
    entries: Arc<Mutex<VecDeque<Activity>>>,
}

impl ActivityLog {
    /// A log of at most `size` entries.
    pub fn new(size: usize, clock: Clock) -> Self {
        Self { clock, size, entries: Arc::default() }
    }

    /// Adds an entry; in the process's log it is a warning when somebody has to act, else it is at level debug.
    pub fn add(&self, severity: Severity, tag: Tag, message: impl Into<String>) {
        self.add_with(severity, tag, message, Vec::new());
    }

    /// Adds an entry with data.
    pub fn add_with(
        &self,
        severity: Severity,
        tag: Tag,
        message: impl Into<String>,
        data: Vec<(&'static str, String)>,
    ) {
        let entry = Activity { severity, tag, timestamp: (self.clock)(), message: message.into(), data };
        let (tag, message) = (entry.tag.as_str(), entry.message.as_str());
        match (severity, entry.tag) {
            // Whoever runs the consumer logs each change of its health, with what it is called.
            (Severity::Debug | Severity::Info, _) | (_, Tag::Health | Tag::SubscriptionActivation) => {
                tracing::debug!(tag, "{message}");
            }
            (Severity::Warning | Severity::Error, _) => tracing::warn!(tag, "{message}"),
        }
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        while entries.len() >= self.size.max(1) {
            entries.pop_front();
        }
        entries.push_back(entry);
    }

    /// When something of this kind happened last.
    pub(crate) fn latest(&self, tag: Tag) -> Option<SystemTime> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.iter().rfind(|entry| entry.tag == tag).map(|entry| entry.timestamp)
    }

    /// All entries, the oldest first.
    pub fn entries(&self) -> Vec<Activity> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

impl fmt::Debug for ActivityLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ActivityLog").field("size", &self.size).finish_non_exhaustive()
    }
}
