//! Holds commands back while the engine is unavailable.
//!
//! The first command that fails closes the gate; after a growing delay one command is let through to try, and its
//! success opens the gate for all. What is held keeps its message hidden by the receiver's heartbeat, so that no
//! message's receive count rises because of an outage.

use connector_core::Backoff;
use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};

/// Whether commands may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GateState {
    /// All may.
    Open,
    /// None before the instant, then one.
    Closed { failures: u32, until: Instant },
    /// One is trying.
    Trying { failures: u32 },
}

/// Shared by all messages of a consumer.
#[derive(Debug)]
pub(crate) struct Gate {
    backoff: Backoff,
    state: watch::Sender<GateState>,
}

impl Gate {
    /// An open gate.
    pub(crate) fn new(backoff: Backoff) -> Self {
        Self { backoff, state: watch::Sender::new(GateState::Open) }
    }

    /// Tells of changes.
    pub(crate) fn subscribe(&self) -> watch::Receiver<GateState> {
        self.state.subscribe()
    }

    /// Waits until a command may be sent. Cancel-safe: nothing is changed before it returns.
    pub(crate) async fn turn(&self) -> Turn<'_> {
        if *self.state.borrow() == GateState::Open {
            return Turn { gate: self, trying: false, settled: false };
        }
        let mut changes = self.state.subscribe();
        loop {
            let state = *changes.borrow_and_update();
            match state {
                GateState::Open => return Turn { gate: self, trying: false, settled: false },
                GateState::Closed { until, .. } if until <= Instant::now() => {
                    if self.state.send_if_modified(start_trying) {
                        return Turn { gate: self, trying: true, settled: false };
                    }
                }
                GateState::Closed { until, .. } => {
                    // Both arms only wait, so that neither loses anything when the other one ends first.
                    tokio::select! {
                        () = sleep_until(until) => {}
                        _ = changes.changed() => {}
                    }
                }
                GateState::Trying { .. } => {
                    let _ = changes.changed().await;
                }
            }
        }
    }
}

fn start_trying(state: &mut GateState) -> bool {
    match *state {
        GateState::Closed { failures, until } if until <= Instant::now() => {
            *state = GateState::Trying { failures };
            true
        }
        _ => false,
    }
}

/// The right to send one command.
#[derive(Debug)]
pub(crate) struct Turn<'a> {
    gate: &'a Gate,
    trying: bool,
    settled: bool,
}

impl Turn<'_> {
    /// The engine answered: the gate is open.
    pub(crate) fn answered(mut self) {
        self.settled = true;
        if *self.gate.state.borrow() == GateState::Open {
            return;
        }
        self.gate.state.send_if_modified(|state| {
            let changed = *state != GateState::Open;
            *state = GateState::Open;
            changed
        });
    }

    /// The engine is unavailable: the gate closes, the longer the more often this happened.
    pub(crate) fn unavailable(mut self) {
        self.settled = true;
        self.gate.state.send_if_modified(|state| {
            let failures = match *state {
                GateState::Open => 1,
                GateState::Trying { failures } if self.trying => failures.saturating_add(1),
                // Sent while the gate was still open: the one that is trying decides.
                _ => return false,
            };
            *state =
                GateState::Closed { failures, until: Instant::now() + self.gate.backoff.delay(failures) };
            true
        });
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if self.trying && !self.settled {
            self.gate.state.send_if_modified(|state| {
                let GateState::Trying { failures } = *state else { return false };
                *state = GateState::Closed { failures, until: Instant::now() };
                true
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn gate() -> Gate {
        Gate::new(Backoff::new(Duration::from_secs(1), Duration::from_secs(30), 2.0))
    }

    async fn delay_of_turn(gate: &Gate) -> Duration {
        let start = Instant::now();
        gate.turn().await.unavailable();
        start.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn waits_longer_after_each_failure_and_opens_after_an_answer() {
        let gate = gate();
        for seconds in [0, 1, 2, 4, 8, 16, 30, 30] {
            assert_eq!(delay_of_turn(&gate).await.as_secs(), seconds);
        }
        gate.turn().await.answered();
        assert_eq!(delay_of_turn(&gate).await, Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn lets_one_try_while_the_others_wait() {
        let gate = gate();
        gate.turn().await.unavailable();
        let trying = gate.turn().await;
        let waiting = tokio::time::timeout(Duration::from_secs(60), gate.turn()).await;
        assert!(waiting.is_err(), "a second command got through while one was trying");
        trying.answered();
        let (a, b) = tokio::join!(gate.turn(), gate.turn());
        a.answered();
        b.answered();
    }

    #[tokio::test(start_paused = true)]
    async fn an_abandoned_try_passes_to_the_next() {
        let gate = gate();
        gate.turn().await.unavailable();
        drop(gate.turn().await);
        let start = Instant::now();
        gate.turn().await.answered();
        assert_eq!(start.elapsed(), Duration::ZERO);
    }
}
