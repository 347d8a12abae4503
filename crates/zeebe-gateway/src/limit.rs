//! How long a call may take, as the gateway is told it.

use std::time::Duration;
use tonic::{
    Request,
    metadata::{Ascii, MetadataValue},
};

/// gRPC over HTTP/2, "Requests": the header with the time that a call has left.
const HEADER: &str = "grpc-timeout";
const STEPS_A_SECOND: u32 = 10;

/// The usual limit, written once.
///
/// What is announced is never less than a call has left, for we end it ourselves, and goes in whole steps: calls with the
/// same limit then say the same, which HTTP/2 sends as one byte.
#[derive(Debug)]
pub(crate) struct Limit {
    usual: Duration,
    written: Option<MetadataValue<Ascii>>,
}

impl Limit {
    pub(crate) fn new(limit: Duration) -> Self {
        let usual = in_steps(limit);
        let mut request = Request::new(());
        request.set_timeout(usual);
        Self { usual, written: request.metadata().get(HEADER).cloned() }
    }

    /// Tells the gateway how much time a call has left.
    pub(crate) fn announce<M>(&self, left: Duration, request: &mut Request<M>) {
        let left = in_steps(left);
        match &self.written {
            Some(written) if left == self.usual => {
                request.metadata_mut().insert(HEADER, written.clone());
            }
            _ => request.set_timeout(left),
        }
    }
}

fn in_steps(left: Duration) -> Duration {
    let step = Duration::from_secs(1) / STEPS_A_SECOND;
    let steps = left.as_nanos().div_ceil(step.as_nanos()).max(1);
    u32::try_from(steps).map_or(left, |steps| step.saturating_mul(steps))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn announced(limit: &Limit, left: Duration) -> String {
        let mut request = Request::new(());
        limit.announce(left, &mut request);
        request.metadata().get(HEADER).unwrap().to_str().unwrap().to_owned()
    }

    #[test]
    fn calls_with_the_same_limit_announce_the_same_time_and_never_less_than_they_have() {
        let limit = Limit::new(10 * SECOND);
        for short in [Duration::ZERO, Duration::from_nanos(1), Duration::from_micros(99_999)] {
            assert_eq!(announced(&limit, 10 * SECOND - short), "10000000u");
            assert_eq!(announced(&limit, 3 * SECOND - short), "3000000u");
        }
        assert_eq!(announced(&limit, 10 * SECOND + Duration::from_nanos(1)), "10100000u");
        assert_eq!(announced(&limit, Duration::ZERO), "100000u");
    }

    #[test]
    fn a_time_without_end_is_announced_as_it_is() {
        assert_eq!(in_steps(Duration::MAX), Duration::MAX);
    }
}
