//! Which jobs are in flight: permits, keys, and the wait until they are done.

use crate::WorkerMetrics;
use connector_core::{JobKey, Permit};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

/// Where a job came from; only polled ones count towards the next poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Poll,
    Stream,
}

/// The jobs in flight and the permits for more.
#[derive(Debug)]
pub(crate) struct Flights {
    permits: Arc<Semaphore>,
    table: Mutex<Table>,
    landed: Notify,
    metrics: Arc<WorkerMetrics>,
}

#[derive(Debug, Default)]
struct Table {
    keys: BTreeMap<u64, JobKey>,
    next: u64,
    polled: u32,
}

impl Flights {
    pub(crate) fn new(maximum: u32, metrics: Arc<WorkerMetrics>) -> Self {
        let maximum = usize::try_from(maximum).unwrap_or(Semaphore::MAX_PERMITS).min(Semaphore::MAX_PERMITS);
        Self {
            permits: Arc::new(Semaphore::new(maximum)),
            table: Mutex::default(),
            landed: Notify::new(),
            metrics,
        }
    }

    /// Waits for one permit.
    pub(crate) async fn permit(&self) -> Option<OwnedSemaphorePermit> {
        // The semaphore is never closed; an error would mean that nothing may start any more.
        Arc::clone(&self.permits).acquire_owned().await.ok()
    }

    /// Takes one permit if there is one.
    pub(crate) fn spare_permit(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.permits).try_acquire_owned().ok()
    }

    /// Waits for a permit and takes as many more as are free, up to `wanted` in all.
    pub(crate) async fn permits(&self, wanted: u32) -> Option<OwnedSemaphorePermit> {
        let mut permits = self.permit().await?;
        let free = u32::try_from(self.permits.available_permits()).unwrap_or(u32::MAX);
        let more = wanted.saturating_sub(1).min(free);
        if let Ok(further) = Arc::clone(&self.permits).try_acquire_many_owned(more) {
            permits.merge(further);
        }
        Some(permits)
    }

    /// Notes that a job is in flight until the returned permit is dropped.
    pub(crate) fn start(
        self: &Arc<Self>,
        key: JobKey,
        origin: Origin,
        permit: OwnedSemaphorePermit,
    ) -> Permit {
        let mut table = self.lock();
        let number = table.next;
        table.next = number.wrapping_add(1);
        table.keys.insert(number, key);
        if origin == Origin::Poll {
            table.polled = table.polled.saturating_add(1);
        }
        drop(table);
        Permit::from_guard(Flight { flights: Arc::clone(self), number, origin, permit: Some(permit) })
    }

    /// Waits until at most `threshold` polled jobs are in flight; answers how many there are.
    pub(crate) async fn polled_at_most(&self, threshold: u32) -> u32 {
        loop {
            let landed = self.landed.notified();
            tokio::pin!(landed);
            landed.as_mut().enable();
            let polled = self.lock().polled;
            if polled <= threshold {
                return polled;
            }
            landed.await;
        }
    }

    /// Waits until nothing is in flight.
    pub(crate) async fn empty(&self) {
        loop {
            let landed = self.landed.notified();
            tokio::pin!(landed);
            landed.as_mut().enable();
            if self.lock().keys.is_empty() {
                return;
            }
            landed.await;
        }
    }

    /// The jobs in flight, oldest first.
    pub(crate) fn keys(&self) -> Vec<JobKey> {
        self.lock().keys.values().copied().collect()
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One job in flight.
struct Flight {
    flights: Arc<Flights>,
    number: u64,
    origin: Origin,
    permit: Option<OwnedSemaphorePermit>,
}

impl Drop for Flight {
    fn drop(&mut self) {
        let mut table = self.flights.lock();
        table.keys.remove(&self.number);
        if self.origin == Origin::Poll {
            table.polled = table.polled.saturating_sub(1);
        }
        drop(table);
        self.flights.metrics.handled.increment();
        // The permit has to be back before anybody looks for one.
        drop(self.permit.take());
        self.flights.landed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flights(maximum: u32) -> Arc<Flights> {
        Arc::new(Flights::new(maximum, Arc::default()))
    }

    #[tokio::test]
    async fn takes_what_is_free_and_never_more_than_wanted() {
        let flights = flights(10);
        let three = flights.permits(3).await.unwrap();
        assert_eq!(three.num_permits(), 3);
        let rest = flights.permits(100).await.unwrap();
        assert_eq!(rest.num_permits(), 7);
        assert!(flights.spare_permit().is_none());
    }

    #[tokio::test]
    async fn a_dropped_permit_ends_the_flight_of_its_job() {
        let flights = flights(2);
        let permit = flights.permit().await.unwrap();
        let polled = flights.start(JobKey::new(1), Origin::Poll, permit);
        let permit = flights.permit().await.unwrap();
        let streamed = flights.start(JobKey::new(2), Origin::Stream, permit);
        assert_eq!(flights.keys(), [JobKey::new(1), JobKey::new(2)]);
        assert_eq!(flights.polled_at_most(1).await, 1);
        drop(polled);
        assert_eq!(flights.polled_at_most(0).await, 0);
        assert_eq!(flights.keys(), [JobKey::new(2)]);
        drop(streamed);
        flights.empty().await;
        assert_eq!(flights.permits(9).await.unwrap().num_permits(), 2);
        assert_eq!(flights.metrics.handled.get(), 2);
    }
}
