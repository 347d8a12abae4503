//! The queues of the account, by name.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use tokio::time::Instant;

use super::options::{SqsServerOptions, Validation};
use super::queue::{Queue, Settings};
use super::refusal::{Refusal, RefusalCode};

/// Source: API reference, DeleteQueue and CreateQueue.
const CREATE_AGAIN_AFTER: Duration = Duration::from_secs(60);

/// All queues.
#[derive(Debug, Default)]
pub(crate) struct Account {
    queues: RwLock<BTreeMap<String, Arc<Queue>>>,
    deleted: Mutex<HashMap<String, Instant>>,
}

impl Account {
    pub(crate) fn get(&self, name: &str) -> Option<Arc<Queue>> {
        self.queues.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    pub(crate) fn all(&self) -> Vec<Arc<Queue>> {
        self.queues.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// The queue of a URL: its last segment is the name, the one before it the account.
    pub(crate) fn of_url(
        &self,
        url: &str,
        options: &SqsServerOptions,
        now: Instant,
    ) -> Result<Arc<Queue>, Refusal> {
        let name = name_in(url);
        if let Some(queue) = self.get(name).filter(|_| is_own(url, &options.account_id)) {
            return Ok(queue);
        }
        if !options.create_queues_on_demand {
            return Err(Refusal::no_queue());
        }
        let attributes = if name.ends_with(".fifo") { vec![("FifoQueue", "true")] } else { Vec::new() };
        self.create(name, Settings::new(attributes)?, options, now)
    }

    /// Makes a queue, or finds the one that is just like it.
    pub(crate) fn create(
        &self,
        name: &str,
        settings: Settings,
        options: &SqsServerOptions,
        now: Instant,
    ) -> Result<Arc<Queue>, Refusal> {
        if options.validation == Validation::Strict {
            check_name(name, settings.fifo)?;
        }
        let mut queues = self.queues.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(queue) = queues.get(name) {
            let same = queue.read(now, |state| state.settings == settings);
            let text = "A queue already exists with the same name and different attribute values.";
            return if same {
                Ok(Arc::clone(queue))
            } else {
                Err(Refusal::new(RefusalCode::QueueNameExists, text))
            };
        }
        if options.enforce_cooldowns {
            self.check_cooldown(name, now)?;
        }
        let arn = format!("arn:aws:sqs:{}:{}:{name}", options.region, options.account_id);
        let queue = Arc::new(Queue::new(name.into(), arn, settings, options.in_flight_limit, now));
        queues.insert(name.into(), Arc::clone(&queue));
        Ok(queue)
    }

    pub(crate) fn delete(&self, name: &str, now: Instant) {
        let queue = self.queues.write().unwrap_or_else(PoisonError::into_inner).remove(name);
        if let Some(queue) = queue {
            self.deletions().insert(name.into(), now);
            queue.arrivals.notify_waiters();
        }
    }

    fn check_cooldown(&self, name: &str, now: Instant) -> Result<(), Refusal> {
        if self.deletions().get(name).is_some_and(|at| *at + CREATE_AGAIN_AFTER > now) {
            let text = "You must wait 60 seconds after deleting a queue before you can create another with the same \
                        name.";
            return Err(Refusal::new(RefusalCode::QueueDeletedRecently, text));
        }
        Ok(())
    }

    fn deletions(&self) -> MutexGuard<'_, HashMap<String, Instant>> {
        self.deleted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The last segment of a queue URL, or of an ARN.
pub(crate) fn name_in(url: &str) -> &str {
    url.rsplit_once('/').map_or(url, |(_, name)| name)
}

/// Whether the account in the URL, when there is one, is ours.
fn is_own(url: &str, account_id: &str) -> bool {
    let account = url.rsplit('/').nth(1).unwrap_or_default();
    account.len() != 12 || !account.bytes().all(|byte| byte.is_ascii_digit()) || account == account_id
}

fn check_name(name: &str, fifo: bool) -> Result<(), Refusal> {
    let stem = if fifo { name.strip_suffix(".fifo") } else { Some(name) };
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if (1..=80).contains(&name.len())
        && stem.is_some_and(|stem| !stem.is_empty() && stem.bytes().all(allowed))
    {
        return Ok(());
    }
    let text = if fifo {
        "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with \
         .fifo suffix and be 1 to 80 in length."
    } else {
        "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
    };
    Err(Refusal::new(RefusalCode::InvalidParameterValue, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_name_in_a_url() {
        assert_eq!(name_in("http://127.0.0.1:1/000000000000/orders"), "orders");
        assert_eq!(name_in("orders"), "orders");
    }

    #[test]
    fn accepts_fifo_names_for_fifo_queues_only() {
        assert!(check_name("a.fifo", true).is_ok() && check_name("a", false).is_ok());
        for (name, fifo) in [("a.fifo", false), ("a", true), (".fifo", true), ("", false), ("a b", false)] {
            assert!(check_name(name, fifo).is_err(), "{name}");
        }
        assert!(check_name(&"x".repeat(81), false).is_err());
    }
}
