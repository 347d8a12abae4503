//! What time it is.

use std::fmt;

use crate::temporal::{DateTime, TemporalError, Zone};

/// Tells `now()` and `today()` the time.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The present moment in the zone that `now()` shows.
    ///
    /// # Errors
    /// [`TemporalError`] when the moment is beyond the years that a date can have.
    fn now(&self) -> Result<DateTime, TemporalError>;
}

/// The system's clock in UTC.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

/// Always the same moment.
#[derive(Clone, Debug)]
pub struct FixedClock(DateTime);

impl FixedClock {
    /// A clock that stands still.
    pub fn new(moment: DateTime) -> Self {
        Self(moment)
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Result<DateTime, TemporalError> {
        Ok(self.0.clone())
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Result<DateTime, TemporalError> {
        let now = jiff::Timestamp::now();
        let nanoseconds = u32::try_from(now.subsec_nanosecond()).unwrap_or(0);
        DateTime::from_timestamp(now.as_second(), nanoseconds, Zone::UTC)
    }
}
