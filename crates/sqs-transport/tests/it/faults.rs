//! Half an hour of each fault: few calls, the health says which, and everything goes on when it ends.

use crate::setup::{Setup, connection};
use aws_smithy_runtime_api::client::dns::{DnsFuture, ResolveDns, ResolveDnsError, SharedDnsResolver};
use connector_core::Health;
use connector_testkit::sqs::{Fault, FaultEffect, Operation, SqsServer, SqsServerOptions};
use sqs_transport::{ClientPool, PoolOptions, Receiver, ReceiverOptions};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::time::{Instant, sleep, sleep_until, timeout};

const DRAIN: Duration = Duration::from_secs(5);
const MINUTE: Duration = Duration::from_secs(60);

/// Thirty minutes of a fault that begins now.
///
/// The consumer is DOWN with `code` within three failures, and after the first minute nobody calls more than twice a
/// minute.
async fn half_an_hour(receiver: &Receiver, code: &str) {
    let begin = Instant::now();
    let mut health = receiver.health();
    let failed = receiver.counters().failed_receives;
    timeout(30 * MINUTE, health.wait_for(|health| matches!(health, Health::Down { .. })))
        .await
        .unwrap()
        .unwrap();
    assert!(receiver.counters().failed_receives - failed <= 3, "DOWN within three failures");
    let mut before = None;
    for minute in 1..=30 {
        sleep_until(begin + minute * MINUTE).await;
        let calls = receiver.counters().requests();
        if let Some(before) = before {
            let in_this_minute = calls - before;
            assert!(in_this_minute <= 2, "{code}: {in_this_minute} calls in minute {minute}");
        }
        before = Some(calls);
    }
    let shown = health.borrow().clone();
    assert!(matches!(&shown, Health::Down { code: shown, .. } if shown == code), "{code}: {shown:?}");
}

/// The next receive works, and with it the consumer is UP.
async fn is_up_within_one_poll(receiver: &Receiver) {
    let before = receiver.counters().receive_requests;
    let mut health = receiver.health();
    timeout(2 * MINUTE, health.wait_for(Health::is_up)).await.unwrap().unwrap();
    // The one that works, and the next that follows at once.
    let receives = receiver.counters().receive_requests - before;
    assert!(receives <= 2, "UP within one poll, not {receives}");
}

async fn suffers(fault: Fault, code: &str) {
    let setup = Setup::start().await;
    let url = setup.queue("q");
    let mut receiver = Receiver::open(setup.client().await, ReceiverOptions::new(&url)).await.unwrap();
    sleep(Duration::from_secs(21)).await;
    setup.server.add_fault(fault);
    half_an_hour(&receiver, code).await;
    setup.server.clear_faults();
    is_up_within_one_poll(&receiver).await;
    setup.fill(&url, 1).await;
    receiver.next().await.unwrap().ack();
    assert_eq!(receiver.shutdown(DRAIN).await.lost_acks, 0);
}

#[tokio::test(start_paused = true)]
async fn half_an_hour_of_access_denied() {
    let fault = Fault::error(403, "AccessDenied", "not authorized");
    suffers(fault.on(Operation::ReceiveMessage), "AccessDenied").await;
}

#[tokio::test(start_paused = true)]
async fn half_an_hour_without_the_queue() {
    let fault = Fault::error(400, "QueueDoesNotExist", "the specified queue does not exist");
    suffers(fault.on(Operation::ReceiveMessage), "QueueDoesNotExist").await;
}

#[tokio::test(start_paused = true)]
async fn half_an_hour_of_internal_errors() {
    let fault = Fault::error(500, "InternalError", "we encountered an internal error");
    suffers(fault.on(Operation::ReceiveMessage), "InternalError").await;
}

#[tokio::test(start_paused = true)]
async fn half_an_hour_of_receives_that_hang() {
    let fault = Fault::new(FaultEffect::None).delayed(120 * MINUTE);
    suffers(fault.on(Operation::ReceiveMessage), "RequestTimeout").await;
}

/// A resolver that knows a name, or does not.
#[derive(Clone, Debug, Default)]
struct Names {
    broken: Arc<AtomicBool>,
    /// Set when the first question after the outage came.
    asked_again: Arc<AtomicBool>,
}

impl ResolveDns for Names {
    fn resolve_dns<'a>(&'a self, name: &'a str) -> DnsFuture<'a> {
        if self.broken.load(Ordering::Relaxed) {
            let problem =
                format!("failed to lookup address information for {name}: Name or service not known");
            return DnsFuture::ready(Err(ResolveDnsError::new(std::io::Error::other(problem))));
        }
        if !self.asked_again.swap(true, Ordering::Relaxed) {
            // From here on a real socket is used, which does not go by a clock that stands still.
            tokio::time::resume();
        }
        DnsFuture::ready(Ok(vec![[127, 0, 0, 1].into()]))
    }
}

#[tokio::test]
async fn half_an_hour_of_a_name_that_is_not_known() {
    let server = SqsServer::start(SqsServerOptions::default()).await.unwrap();
    let url = server.create_queue("q", &[]).unwrap();
    let names = Names::default();
    names.asked_again.store(true, Ordering::Relaxed);
    let options =
        PoolOptions { names: Some(SharedDnsResolver::new(names.clone())), ..PoolOptions::default() };
    let pool = ClientPool::new(options);
    let connection = connection(format!("http://queue.example:{}", server.address().port()));
    // The connection that is open needs no name: it is closed with the receive that waits on it.
    let close = Fault::new(FaultEffect::Close).on(Operation::ReceiveMessage);
    server.add_fault(close);
    let client = pool.client(&connection).await.unwrap();
    client.send_message().queue_url(&url).message_body("waits").send().await.unwrap();
    let mut receiver = Receiver::open(client, ReceiverOptions::new(&url)).await.unwrap();
    names.broken.store(true, Ordering::Relaxed);
    tokio::time::pause();
    half_an_hour(&receiver, "UnknownHost").await;
    server.clear_faults();
    names.asked_again.store(false, Ordering::Relaxed);
    names.broken.store(false, Ordering::Relaxed);
    is_up_within_one_poll(&receiver).await;
    receiver.next().await.unwrap().ack();
    receiver.shutdown(DRAIN).await;
}
