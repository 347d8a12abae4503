//! Which secrets an element may name.

use std::collections::BTreeSet;

/// How strictly the names are held to those that the element's own input mappings mention.
///
/// Source: the Java runtime's `secret-filter.mode`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FilterMode {
    /// Every name counts everywhere.
    Disabled,
    /// Only mentioned names; every name when the definition cannot be read.
    Lax,
    /// Only mentioned names; the connection fields alone when the definition cannot be read.
    #[default]
    Strict,
}

/// Which placeholders are replaced; one that is filtered out stays as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NameFilter {
    /// Every placeholder.
    AllowAll,
    /// In connection fields every placeholder, elsewhere those with one of these names.
    Mentioned(BTreeSet<String>),
    /// Placeholders in connection fields only.
    ConnectionFieldsOnly,
}

impl NameFilter {
    /// The filter for a mode and the names that the element's input mappings mention (`None` = the definition cannot be read).
    pub fn new(mode: FilterMode, mentioned: Option<BTreeSet<String>>) -> Self {
        match (mode, mentioned) {
            (FilterMode::Disabled, _) | (FilterMode::Lax, None) => Self::AllowAll,
            (FilterMode::Strict, None) => Self::ConnectionFieldsOnly,
            (FilterMode::Lax | FilterMode::Strict, Some(names)) => Self::Mentioned(names),
        }
    }

    pub(crate) fn allows(&self, name: &str, connection_field: bool) -> bool {
        match self {
            Self::AllowAll => true,
            Self::Mentioned(names) => connection_field || names.contains(name),
            Self::ConnectionFieldsOnly => connection_field,
        }
    }
}
