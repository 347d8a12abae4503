//! How big a value is, so that sharing cannot hide a giant: a list of a list twice, a hundred times over, is small in
//! memory and endless in JSON.

use serde_json::Value as Json;

use super::{Context, List, Value};

/// So many bytes of text weigh as much as one value.
const BYTES_PER_UNIT: usize = 16;

/// The size of a value, counted as if nothing were shared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Size {
    /// One for each part and for each 16 bytes of text.
    pub(crate) weight: usize,
    /// How deep lists, contexts and functions are nested.
    pub(crate) depth: usize,
}

impl Size {
    /// The size of something that consists of parts.
    pub(super) fn around<'v, 'a: 'v>(parts: impl Iterator<Item = &'v Value<'a>>) -> Self {
        let mut size = Self { weight: 1, depth: 0 };
        for part in parts {
            let part = part.size();
            size.weight = size.weight.saturating_add(part.weight);
            size.depth = size.depth.max(part.depth);
        }
        size.depth += 1;
        size
    }
}

impl Value<'_> {
    /// The size of this value. Borrowed JSON is counted here, everything else when it was made.
    pub(crate) fn size(&self) -> Size {
        match self {
            Self::String(text) => Size { weight: 1 + text.len() / BYTES_PER_UNIT, depth: 0 },
            Self::List(items) => items.size(),
            Self::Context(context) => context.size(),
            Self::Number(number) => Size { weight: 1 + number.extra_weight(), depth: 0 },
            Self::Function(function) => Size { weight: 1, depth: function.depth() },
            _ => Size { weight: 1, depth: 0 },
        }
    }
}

impl Value<'_> {
    /// The size that was counted when the value was made; borrowed JSON is as big as its caller chose.
    #[inline]
    pub(crate) fn made_size(&self) -> Size {
        match self {
            Self::List(List::Json(_)) | Self::Context(Context::Json(_)) => Size { weight: 1, depth: 1 },
            Self::Context(context) => context.size(),
            made => made.size(),
        }
    }

    /// How deep lists, contexts and functions are nested; borrowed JSON counts as one level, as nothing of it is dropped.
    pub(crate) fn depth(&self) -> usize {
        match self {
            Self::List(List::Shared(items)) => items.size().depth,
            Self::Context(context) => context.depth(),
            Self::List(List::Json(_)) => 1,
            Self::Function(function) => function.depth(),
            _ => 0,
        }
    }
}

/// The number of values in a JSON document and of its 16 bytes of text.
pub(super) fn json_weight(json: &Json) -> usize {
    match json {
        Json::String(text) => 1 + text.len() / BYTES_PER_UNIT,
        Json::Array(items) => 1 + items.iter().map(json_weight).sum::<usize>(),
        Json::Object(fields) => 1 + fields.values().map(json_weight).sum::<usize>(),
        _ => 1,
    }
}
