//! How many publish and create commands may be under way: fewer while the engine pushes back, then more again.

use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// An additive-increase, multiplicative-decrease limit. Job commands never pass through it: they relieve the engine.
#[derive(Debug)]
pub(crate) struct Gate {
    state: Mutex<State>,
    freed: Notify,
    maximum: f64,
}

#[derive(Debug)]
struct State {
    limit: f64,
    running: u32,
    /// Commands that started before the last decrease; their push-back says nothing new.
    outdated: u32,
}

/// The right to send one command.
#[derive(Debug)]
pub(crate) struct Pass<'a> {
    gate: &'a Gate,
}

impl Gate {
    pub(crate) fn new(maximum: usize) -> Self {
        let maximum = f64::from(u32::try_from(maximum).unwrap_or(u32::MAX)).max(1.0);
        let state = State { limit: maximum, running: 0, outdated: 0 };
        Self { state: Mutex::new(state), freed: Notify::new(), maximum }
    }

    /// Waits until one more command may be sent.
    pub(crate) async fn enter(&self) -> Pass<'_> {
        loop {
            let freed = self.freed.notified();
            if self.try_enter() {
                // The limit may have grown by more than one since the last one went.
                self.freed.notify_one();
                return Pass { gate: self };
            }
            freed.await;
        }
    }

    fn try_enter(&self) -> bool {
        let mut state = self.lock();
        let free = f64::from(state.running) + 1.0 <= state.limit.max(1.0);
        if free {
            state.running = state.running.saturating_add(1);
        }
        free
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pass<'_> {
    /// The engine took the command.
    pub(crate) fn accepted(&self) {
        let mut state = self.gate.lock();
        state.limit = (state.limit + 1.0 / state.limit).min(self.gate.maximum);
    }

    /// The engine pushed the command back.
    pub(crate) fn pushed_back(&self) {
        let mut state = self.gate.lock();
        if state.outdated == 0 {
            state.limit = (f64::from(state.running).min(state.limit) * 0.5).max(1.0);
            state.outdated = state.running;
        }
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        let mut state = self.gate.lock();
        state.running = state.running.saturating_sub(1);
        state.outdated = state.outdated.saturating_sub(1);
        drop(state);
        self.gate.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_wave_of_push_back_halves_once_and_success_opens_again() {
        let gate = Gate::new(8);
        let mut passes = Vec::new();
        for _ in 0..8 {
            passes.push(gate.enter().await);
        }
        assert!(!gate.try_enter());
        passes.iter().for_each(Pass::pushed_back);
        assert!((gate.lock().limit - 4.0).abs() < f64::EPSILON);
        drop(passes);
        for _ in 0..100 {
            gate.enter().await.accepted();
        }
        assert!((gate.lock().limit - 8.0).abs() < f64::EPSILON);
    }

    #[tokio::test(start_paused = true)]
    async fn never_closes_completely() {
        let gate = Gate::new(1);
        for _ in 0..10 {
            gate.enter().await.pushed_back();
        }
        assert_eq!(gate.lock().running, 0);
        let _pass = gate.enter().await;
        let second = tokio::time::timeout(std::time::Duration::from_secs(1), gate.enter()).await;
        assert!(second.is_err());
    }
}
