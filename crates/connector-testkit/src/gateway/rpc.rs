//! The gateway's calls by name.

/// A call of the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names of the protocol")]
pub enum Rpc {
    Topology,
    DeployResource,
    ActivateJobs,
    StreamActivatedJobs,
    CompleteJob,
    FailJob,
    ThrowError,
    UpdateJobTimeout,
    PublishMessage,
    CreateProcessInstance,
    CreateProcessInstanceWithResult,
    BroadcastSignal,
}

impl Rpc {
    /// The name as the protocol has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Topology => "Topology",
            Self::DeployResource => "DeployResource",
            Self::ActivateJobs => "ActivateJobs",
            Self::StreamActivatedJobs => "StreamActivatedJobs",
            Self::CompleteJob => "CompleteJob",
            Self::FailJob => "FailJob",
            Self::ThrowError => "ThrowError",
            Self::UpdateJobTimeout => "UpdateJobTimeout",
            Self::PublishMessage => "PublishMessage",
            Self::CreateProcessInstance => "CreateProcessInstance",
            Self::CreateProcessInstanceWithResult => "CreateProcessInstanceWithResult",
            Self::BroadcastSignal => "BroadcastSignal",
        }
    }
}

impl std::fmt::Display for Rpc {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
