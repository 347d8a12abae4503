//! Typed keys of the engine's records.

use std::fmt;

macro_rules! keys {
    ($($(#[$meta:meta])* $name:ident;)*) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(i64);

        impl $name {
            /// Wraps the engine's 64-bit key.
            pub const fn new(key: i64) -> Self {
                Self(key)
            }

            /// The engine's 64-bit key.
            pub const fn get(self) -> i64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

keys! {
    /// The key of a job.
    JobKey;
    /// The key of a process instance.
    ProcessInstanceKey;
    /// The key of one deployed version of a process.
    ProcessDefinitionKey;
    /// The key of an element instance (the scope of a job's local variables).
    ElementInstanceKey;
    /// The key of a published message.
    MessageKey;
}

/// The tenant that a definition, a job or a message belongs to; `<default>` without multi-tenancy.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TenantId(String);

impl TenantId {
    /// The engine's name for "no tenant".
    pub const DEFAULT: &'static str = "<default>";

    /// Takes the engine's text; an empty one is the default tenant.
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.is_empty() { Self::default() } else { Self(text) }
    }

    /// The tenant's id as the engine writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for TenantId {
    fn default() -> Self {
        Self(Self::DEFAULT.to_owned())
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
