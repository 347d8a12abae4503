//! One call at a time while no gateway can be reached, and all of them as soon as one can.

use crate::{clock::after, status::Refusal};
use connector_core::EngineError;
use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{Notify, watch},
    time::{Instant, sleep_until},
};

/// After so many failures in a row, calls that wait for their next attempt go as soon as a gateway answers.
///
/// Not after one: where one partition is down and others answer, each answer would send its calls again at once.
const LONG: u32 = 3;
/// After so many calls without any answer the longest wait is due: each of them has cost its whole time already.
const SILENT: u32 = 3;

/// Whether gateways answer. Only those who would try again anyway wait here: polls, streams and job commands.
///
/// However many jobs and workers wait, an outage costs the gateways (or the proxy before them) one call a wait.
#[derive(Debug, Default)]
pub(crate) struct Outage {
    state: Mutex<State>,
    /// It is somebody's turn without waiting.
    over: Notify,
    /// How many long outages have ended.
    ended: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct State {
    /// Failures in a row; calls that were under way together count once.
    failures: u32,
    /// Calls without any answer among them, each on its own.
    unanswered: u32,
    /// The last one that counted.
    last: Option<(Instant, EngineError)>,
    /// Before this nobody goes.
    next: Option<Instant>,
}

impl Outage {
    /// Notes that a gateway has said something.
    pub(crate) fn answered(&self) {
        let mut state = self.lock();
        if state.failures == 0 {
            return;
        }
        let long = state.failures >= LONG;
        *state = State::default();
        drop(state);
        self.over.notify_waiters();
        if long {
            self.ended.send_modify(|count| *count = count.wrapping_add(1));
        }
    }

    /// Notes that a call from then met no gateway; `wait` is the wait after so many failures.
    pub(crate) fn failed(&self, started: Instant, refusal: &Refusal, wait: impl FnOnce(u32) -> Duration) {
        let mut state = self.lock();
        if refusal.unanswered {
            state.unanswered = state.unanswered.saturating_add(1);
        }
        let new = state.last.as_ref().is_none_or(|(at, _)| *at < started);
        if !new && state.unanswered != SILENT {
            return;
        }
        let now = Instant::now();
        state.failures = state.failures.saturating_add(u32::from(new));
        state.last = Some((now, refusal.error.clone()));
        let next = after(now, wait(state.severity()));
        state.next = Some(state.next.map_or(next, |earlier| earlier.max(next)));
    }

    /// True while the last call met no gateway.
    pub(crate) fn is_on(&self) -> bool {
        self.lock().failures > 0
    }

    /// Why the last call met none.
    pub(crate) fn error(&self) -> Option<EngineError> {
        self.lock().last.as_ref().map(|(_, error)| error.clone())
    }

    /// Takes a turn if it can be taken without waiting.
    pub(crate) fn try_turn(&self, wait: impl Fn(u32) -> Duration) -> bool {
        self.take_turn(&wait).is_none()
    }

    /// Waits until it is the caller's turn. Cancel-safe: a turn is taken when this returns.
    pub(crate) async fn turn(&self, wait: impl Fn(u32) -> Duration) {
        loop {
            let over = self.over.notified();
            tokio::pin!(over);
            over.as_mut().enable();
            let Some(next) = self.take_turn(&wait) else { return };
            tokio::select! {
                () = over => {}
                () = sleep_until(next) => {}
            }
        }
    }

    /// `None` when it is the caller's turn, else when to ask again.
    fn take_turn(&self, wait: &impl Fn(u32) -> Duration) -> Option<Instant> {
        let mut state = self.lock();
        let now = Instant::now();
        match state.next {
            Some(next) if now < next => Some(next),
            Some(_) => {
                // The one that goes now may never be answered.
                state.next = Some(after(now, wait(state.severity())));
                None
            }
            None => None,
        }
    }

    /// Returns when a long outage ends.
    pub(crate) async fn end(&self) {
        // The sender lives as long as this does.
        let _ = self.ended.subscribe().changed().await;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// After how many failures to wait.
    fn severity(&self) -> u32 {
        if self.unanswered < SILENT { self.failures } else { u32::MAX }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use connector_core::EngineErrorCode;
    use futures::{FutureExt, future::join_all};

    const SECOND: Duration = Duration::from_secs(1);

    fn wait(failures: u32) -> Duration {
        SECOND * failures.min(30)
    }

    fn fail(outage: &Outage, started: Instant) {
        outage.failed(started, &Refusal::unsent(EngineErrorCode::Unavailable, "gone"), wait);
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_while_gateways_answer() {
        let outage = Outage::default();
        outage.turn(wait).now_or_never().unwrap();
        fail(&outage, Instant::now());
        assert!(outage.is_on() && outage.turn(wait).now_or_never().is_none());
        outage.answered();
        assert!(!outage.is_on());
        outage.turn(wait).now_or_never().unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn calls_that_fail_together_count_once() {
        let outage = Outage::default();
        let started = Instant::now();
        tokio::time::advance(SECOND).await;
        for _ in 0..100 {
            fail(&outage, started);
        }
        assert_eq!(outage.lock().failures, 1);
        tokio::time::advance(SECOND).await;
        fail(&outage, Instant::now());
        assert_eq!(outage.lock().failures, 2);
    }

    #[tokio::test(start_paused = true)]
    async fn calls_that_nobody_answers_are_soon_made_as_rarely_as_can_be() {
        let outage = Outage::default();
        let started = Instant::now();
        tokio::time::advance(SECOND).await;
        for (unanswered, expected) in [(1, 1), (2, 1), (3, 30), (4, 30)] {
            outage.failed(started, &Refusal::timed_out(), wait);
            let left = outage.lock().next.unwrap() - Instant::now();
            assert_eq!(left, SECOND * expected, "{unanswered}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn one_goes_at_a_time_though_it_is_never_answered() {
        let outage = Outage::default();
        fail(&outage, Instant::now());
        let started = Instant::now();
        let turns = (0..5).map(|_| outage.turn(wait).map(|()| started.elapsed().as_secs()));
        let mut turns = join_all(turns).await;
        turns.sort_unstable();
        assert_eq!(turns, [1, 2, 3, 4, 5]);
    }

    #[tokio::test(start_paused = true)]
    async fn all_go_when_a_gateway_answers_and_only_a_long_outage_ends_other_waits() {
        let outage = Outage::default();
        for failures in [1, LONG] {
            for _ in 0..failures {
                tokio::time::advance(SECOND).await;
                fail(&outage, Instant::now());
            }
            let mut end = std::pin::pin!(outage.end());
            assert!(end.as_mut().now_or_never().is_none());
            let turns = join_all((0..100).map(|_| outage.turn(|_| 100 * SECOND)));
            let answer = async {
                tokio::time::sleep(SECOND / 2).await;
                outage.answered();
            };
            let started = Instant::now();
            tokio::join!(turns, answer);
            assert_eq!(started.elapsed(), SECOND / 2);
            assert_eq!(end.now_or_never().is_some(), failures == LONG);
        }
    }
}
