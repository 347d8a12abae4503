//! Why a file cannot be read as BPMN at all.

use connector_core::ErrorKind;

/// The file as a whole cannot be inspected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BpmnError {
    /// The text is not well-formed XML, or uses a document type definition.
    #[error("not well-formed XML: {reason}; export the diagram again from the modeler")]
    NotXml {
        /// The parser's words, with line and column.
        reason: String,
    },
    /// Well-formed XML, but its root element is not BPMN's `definitions`.
    #[error(
        "not a BPMN file: its root element is <{root}>, expected <definitions> in the BPMN 2.0 namespace"
    )]
    NotBpmn {
        /// The local name of the root element.
        root: String,
    },
    /// The file is larger than [`crate::MAX_BYTES`].
    #[error("the BPMN file has {bytes} bytes, more than the {limit} that are read; split the diagram")]
    TooLarge {
        /// The size of the file in bytes.
        bytes: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// Sub-processes are nested deeper than [`crate::MAX_DEPTH`].
    #[error("sub-processes are nested deeper than {limit} levels; use call activities")]
    TooDeep {
        /// The limit in levels.
        limit: usize,
    },
}

impl BpmnError {
    /// A stable code for logs and documentation.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotXml { .. } => "bpmn-not-xml",
            Self::NotBpmn { .. } => "bpmn-not-bpmn",
            Self::TooLarge { .. } => "bpmn-too-large",
            Self::TooDeep { .. } => "bpmn-too-deep",
        }
    }

    /// Always [`ErrorKind::Terminal`]: the same file gives the same error.
    pub fn kind(&self) -> ErrorKind {
        ErrorKind::Terminal
    }
}
