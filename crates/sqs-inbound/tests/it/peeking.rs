//! What messages would do, without doing it.

use crate::setup::{Point, Setup, TestEngine, one_group};
use connector_testkit::sqs::Operation;
use sqs_inbound::{Command, ConditionResult, Refusal, peek};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn peeked_messages_are_explained_and_put_back_at_once() {
    let setup = Setup::start(TestEngine::default()).await;
    for body in [r#"{"id":"a","v":1}"#, r#"{"id":"b","v":2}"#, r#"{"v":1}"#] {
        setup.send(body).await;
    }
    let properties = [
        ("activationCondition", "=body.v = 1"),
        ("correlationKeyExpression", "=body.id"),
        ("resultExpression", "={v: body.v}"),
    ];
    let group = one_group(vec![setup.element("e", Point::Catch("m"), 1, &properties)]);
    let mut peeked = peek(&group, setup.services(), &setup.options, 10, SECOND).await.unwrap();
    peeked.sort_by_key(|peeked| peeked.outcome());
    let [never, published, unwanted] = peeked.as_slice() else { panic!("{peeked:?}") };
    let Ok(correlation) = &published.correlation else { panic!("{published:?}") };
    let Command::Publish(message) = &correlation.command else { panic!("{correlation:?}") };
    assert_eq!((message.name.as_str(), message.correlation_key.as_str()), ("m", "a"));
    assert_eq!(message.variables.as_str(), r#"{"v":1}"#);
    assert_eq!(published.outcome(), "is published for 'e'");
    assert_eq!(published.conditions, [("e".to_owned(), ConditionResult::Met)]);
    assert_eq!(unwanted.correlation, Err(Refusal::NoMatch { consume: false }));
    assert_eq!(unwanted.outcome(), "no element wants it: it stays in the queue");
    assert_eq!(unwanted.conditions, [("e".to_owned(), ConditionResult::NotMet)]);
    assert!(never.outcome().starts_with("can never be handled: Wasn't able to obtain correlation key"));
    assert_eq!(setup.server.depth("q").unwrap().visible, 3, "put back at once");
    assert_eq!(setup.server.request_count(Operation::DeleteMessageBatch), 0);
    assert_eq!(setup.engine.commands(), []);
}

#[tokio::test(start_paused = true)]
async fn no_more_is_peeked_at_than_was_asked_for() {
    let setup = Setup::start(TestEngine::default()).await;
    for id in 0..5 {
        setup.send(&format!(r#"{{"id":{id}}}"#)).await;
    }
    let group = one_group(vec![setup.element("e", Point::Start, 1, &[])]);
    let peeked = peek(&group, setup.services(), &setup.options, 2, SECOND).await.unwrap();
    assert_eq!(peeked.len(), 2);
    assert_eq!(peeked[0].outcome(), "starts an instance at 'e'");
    assert_eq!(peeked[0].conditions, [("e".to_owned(), ConditionResult::NoCondition)]);
    assert_eq!(setup.server.counters("q").unwrap().received, 2);
    assert_eq!(setup.server.depth("q").unwrap().visible, 5);
    setup.server.create_queue("empty", &[]).unwrap();
    let empty = setup.server.queue_url("empty");
    let group = one_group(vec![setup.element_of(&empty, "e", Point::Start, &[])]);
    assert_eq!(peek(&group, setup.services(), &setup.options, 2, SECOND).await.unwrap(), []);
}

#[tokio::test(start_paused = true)]
async fn a_queue_that_cannot_be_peeked_at_is_named() {
    let setup = Setup::start(TestEngine::default()).await;
    let nowhere = setup.server.queue_url("nowhere");
    let group = one_group(vec![setup.element_of(&nowhere, "e", Point::Start, &[])]);
    let error = peek(&group, setup.services(), &setup.options, 2, SECOND).await.unwrap_err();
    assert_eq!(error.to_string(), format!("Queue does not exist: {nowhere}"));
}
