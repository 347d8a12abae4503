//! What happened to each order, and when.

use std::{
    collections::BTreeMap,
    io::{IsTerminal, Write, stderr},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{sync::Notify, time::Instant};

/// The orders by id.
#[derive(Default)]
pub(super) struct Book {
    orders: Mutex<BTreeMap<String, Order>>,
    changed: Notify,
}

/// One order's way.
#[derive(Clone, Copy)]
struct Order {
    sent: Instant,
    confirmed: Option<Instant>,
    archived: Option<Instant>,
    instance: Option<i64>,
    confirmations: u32,
    instances: u32,
}

impl Book {
    /// An order goes to the queue.
    pub(super) fn sent(&self, id: String) {
        let order = Order {
            sent: Instant::now(),
            confirmed: None,
            archived: None,
            instance: None,
            confirmations: 0,
            instances: 0,
        };
        self.orders().insert(id, order);
    }

    /// A confirmation came out of the queue; true for the order's first.
    pub(super) fn confirmed(&self, id: &str) -> bool {
        self.orders().get_mut(id).is_some_and(|order| {
            order.confirmations += 1;
            order.confirmed.get_or_insert_with(Instant::now);
            order.confirmations == 1
        })
    }

    /// The instance of an order got to its last step.
    pub(super) fn archived(&self, id: &str, instance: i64) {
        if let Some(order) = self.orders().get_mut(id) {
            order.instances += u32::from(order.instance != Some(instance));
            order.instance = Some(instance);
            order.archived.get_or_insert_with(Instant::now);
        }
        self.changed.notify_waiters();
    }

    /// Shows progress until that many orders are archived.
    pub(super) async fn wait_until_archived(&self, wanted: u32) {
        let mut ticks = tokio::time::interval(Duration::from_millis(200));
        loop {
            let changed = self.changed.notified();
            let (confirmed, archived) = self.progress();
            if stderr().is_terminal() {
                eprint!("\r{confirmed} confirmed, {archived} archived of {wanted}   ");
                // Progress that cannot be shown is no reason to stop.
                let _ = stderr().flush();
            }
            if archived >= wanted as usize {
                eprintln!();
                return;
            }
            // Both only wait, so either can be dropped.
            tokio::select! {
                () = changed => {}
                _ = ticks.tick() => {}
            }
        }
    }

    /// Prints a line for each order and a summary.
    pub(super) fn print(&self) {
        let orders = self.orders();
        println!("\n{:<12} {:>18} {:>14} {:>14}", "order", "process instance", "confirmed", "archived");
        for (id, order) in orders.iter() {
            let instance = order.instance.map_or_else(|| "-".to_owned(), |key| key.to_string());
            let after = |moment: Option<Instant>| {
                moment.map_or_else(
                    || "-".to_owned(),
                    |m| format!("after {:.1} ms", milliseconds(m - order.sent)),
                )
            };
            println!("{id:<12} {instance:>18} {:>14} {:>14}", after(order.confirmed), after(order.archived));
        }
        let confirmed: Vec<_> = orders.values().filter_map(|o| Some(o.confirmed? - o.sent)).collect();
        let archived: Vec<_> = orders.values().filter_map(|o| Some(o.archived? - o.sent)).collect();
        println!("\nmessages in        {} orders, {} payments", orders.len(), confirmed.len());
        println!("process instances  {}", orders.values().map(|order| order.instances).sum::<u32>());
        println!(
            "messages out       {} confirmations",
            orders.values().map(|o| o.confirmations).sum::<u32>()
        );
        println!("order sent → confirmation received   {}", percentiles(confirmed));
        println!("order sent → process at its end      {}", percentiles(archived));
    }

    fn progress(&self) -> (usize, usize) {
        let orders = self.orders();
        let count = |done: fn(&Order) -> bool| orders.values().filter(|order| done(order)).count();
        (count(|order| order.confirmed.is_some()), count(|order| order.archived.is_some()))
    }

    fn orders(&self) -> MutexGuard<'_, BTreeMap<String, Order>> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn percentiles(mut durations: Vec<Duration>) -> String {
    durations.sort_unstable();
    let at = |percent: usize| {
        durations.get((durations.len() * percent / 100).min(durations.len().saturating_sub(1)))
    };
    match (at(50), at(99)) {
        (Some(p50), Some(p99)) => {
            format!("p50 {:.1} ms, p99 {:.1} ms", milliseconds(*p50), milliseconds(*p99))
        }
        _ => "none".to_owned(),
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_counts_each_instance_once_and_each_confirmation() {
        let book = Book::default();
        book.sent("a".to_owned());
        assert!(book.confirmed("a"));
        assert!(!book.confirmed("a"));
        book.archived("a", 1);
        book.archived("a", 1);
        book.archived("a", 2);
        let order = *book.orders().get("a").unwrap();
        assert_eq!((order.confirmations, order.instances), (2, 2));
    }
}
