//! Exponential backoff with injected jitter.

use std::time::Duration;

/// Delays that grow by a factor from an initial to a maximal one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Backoff {
    initial: Duration,
    maximum: Duration,
    factor: f64,
}

impl Backoff {
    /// `initial` is the delay before the first retry; a `factor` below 1 or not finite counts as 1.
    pub fn new(initial: Duration, maximum: Duration, factor: f64) -> Self {
        let factor = if factor.is_finite() { factor.max(1.0) } else { 1.0 };
        Self { initial, maximum, factor }
    }

    /// The delay before retry number `attempt`, counted from 1, without jitter.
    pub fn delay(&self, attempt: u32) -> Duration {
        let exponent = i32::try_from(attempt.saturating_sub(1)).unwrap_or(i32::MAX);
        let seconds = self.initial.as_secs_f64() * self.factor.powi(exponent);
        if seconds.is_finite() && seconds < self.maximum.as_secs_f64() {
            Duration::from_secs_f64(seconds)
        } else {
            self.maximum
        }
    }

    /// The delay before retry number `attempt`, spread by `jitter`.
    pub fn delay_with(&self, attempt: u32, jitter: &mut Jitter) -> Duration {
        jitter.spread(self.delay(attempt))
    }
}

/// A seeded source of jitter (xorshift64*), so that a test can repeat a run.
#[derive(Clone, Debug)]
pub struct Jitter {
    state: u64,
    fraction: f64,
}

impl Jitter {
    /// Delays are spread over ± `fraction` of themselves; `seed` fixes the sequence.
    pub fn new(seed: u64, fraction: f64) -> Self {
        Self { state: seed | 1, fraction: fraction.clamp(0.0, 1.0) }
    }

    /// The delay, moved by a pseudo-random part of itself.
    pub fn spread(&mut self, delay: Duration) -> Duration {
        let factor = 1.0 + self.fraction * (2.0 * self.unit() - 1.0);
        delay.mul_f64(factor.max(0.0))
    }

    fn unit(&mut self) -> f64 {
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        let high = u32::try_from(self.state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 32).unwrap_or(u32::MAX);
        f64::from(high) / f64::from(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_stays_within_its_fraction_and_repeats_with_its_seed() {
        let delay = Duration::from_secs(10);
        let (mut a, mut b) = (Jitter::new(7, 0.1), Jitter::new(7, 0.1));
        for _ in 0..1000 {
            let spread = a.spread(delay);
            assert!(spread >= Duration::from_secs(9) && spread <= Duration::from_secs(11), "{spread:?}");
            assert_eq!(spread, b.spread(delay));
        }
    }
}
