//! When a task looks again by itself, so that it is woken only for what comes before.

use tokio::time::Instant;

/// Belongs to one task, which sleeps.
#[derive(Debug, Default)]
pub(crate) struct Alarm {
    set_for: Option<Instant>,
    rings: bool,
}

impl Alarm {
    /// The task has looked, and sleeps until then; without a time until it is woken.
    pub(crate) fn set(&mut self, at: Option<Instant>) {
        self.set_for = at;
    }

    /// There will be something to do then.
    pub(crate) fn expect(&mut self, at: Instant) {
        if self.set_for.is_none_or(|set_for| at < set_for) {
            self.set_for = Some(at);
            self.rings = true;
        }
    }

    /// There is something to do now.
    pub(crate) fn ring(&mut self) {
        self.rings = true;
    }

    /// Whether the task has to be woken. Whoever asks does it.
    pub(crate) fn take(&mut self) -> bool {
        std::mem::take(&mut self.rings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn rings_once_for_the_first_and_for_what_is_sooner() {
        let (now, second) = (Instant::now(), Duration::from_secs(1));
        let mut alarm = Alarm::default();
        assert!(!alarm.take());
        alarm.expect(now + 2 * second);
        assert!(alarm.take() && !alarm.take());
        alarm.expect(now + 3 * second);
        assert!(!alarm.take(), "the task looks before that");
        alarm.expect(now + second);
        assert!(alarm.take());
        alarm.set(Some(now + 9 * second));
        alarm.expect(now + 3 * second);
        assert!(alarm.take(), "the task has planned anew");
        alarm.set(None);
        alarm.expect(now + 99 * second);
        assert!(alarm.take(), "the task sleeps until it is woken");
    }
}
