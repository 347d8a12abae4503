//! Checks of receives: waiting, visibility timeouts, receipt handles, dead letters.

use std::time::Duration;

use aws_sdk_sqs::types::{
    ChangeMessageVisibilityBatchRequestEntry, DeleteMessageBatchRequestEntry,
    MessageSystemAttributeName as Name,
};
use tokio::time::Instant;

use super::probe::{Probe, attribute, expect_code, handle, pause, said};
use super::{Outcome, checks, ensure};

checks![
    waits_for_the_whole_long_poll_when_nothing_comes,
    wakes_a_long_poll_when_a_message_comes,
    wakes_a_long_poll_when_a_visibility_timeout_ends,
    waits_as_long_as_the_queue_says,
    redelivers_after_the_visibility_timeout,
    hides_for_as_long_as_the_receive_says,
    hides_for_longer_when_told_so,
    releases_at_once_with_visibility_zero,
    gives_the_system_attributes_asked_for,
    deletes_twice_without_complaint,
    deletes_with_the_newest_handle_after_the_timeout,
    refuses_handles_that_are_none,
    refuses_to_change_the_visibility_of_what_is_deleted,
    fails_only_the_bad_entry_of_a_delete_batch,
    refuses_numbers_out_of_range,
    moves_to_the_dead_letter_queue_after_too_many_receives,
];

async fn waits_for_the_whole_long_poll_when_nothing_comes(probe: Probe) -> Outcome {
    let queue = probe.queue("", &[]).await?;
    let started = Instant::now();
    ensure!(probe.receive(&queue, 1, 2).await?.is_empty(), "something came from an empty queue");
    let waited = started.elapsed();
    ensure!(waited >= Duration::from_millis(1900), "it ended after {waited:?} of 2 s");
    Ok(())
}

async fn wakes_a_long_poll_when_a_message_comes(probe: Probe) -> Outcome {
    let queue = probe.queue("", &[]).await?;
    let started = Instant::now();
    let later = async {
        pause(500).await;
        probe.send(&queue, "late").await
    };
    let (received, sent) = tokio::join!(probe.receive(&queue, 1, 20), later);
    sent?;
    ensure!(received?.len() == 1, "the poll ended without the message");
    let waited = started.elapsed();
    ensure!(waited < Duration::from_secs(15), "it took {waited:?}");
    Ok(())
}

async fn wakes_a_long_poll_when_a_visibility_timeout_ends(probe: Probe) -> Outcome {
    let queue = probe.queue("", &[("VisibilityTimeout", "1")]).await?;
    probe.send(&queue, "x").await?;
    probe.receive_one(&queue).await?;
    let started = Instant::now();
    ensure!(probe.receive(&queue, 1, 20).await?.len() == 1, "the poll ended without the message");
    ensure!(started.elapsed() < Duration::from_secs(15), "it took {:?}", started.elapsed());
    Ok(())
}

async fn waits_as_long_as_the_queue_says(probe: Probe) -> Outcome {
    let queue = probe.queue("", &[("ReceiveMessageWaitTimeSeconds", "1")]).await?;
    let started = Instant::now();
    let received = probe.client.receive_message().queue_url(&queue).send().await;
    received.map_err(|error| said("ReceiveMessage", &error))?;
    ensure!(started.elapsed() >= Duration::from_millis(900), "it ended after {:?} of 1 s", started.elapsed());
    Ok(())
}

async fn redelivers_after_the_visibility_timeout(probe: Probe) -> Outcome {
    let queue = probe.queue("", &[("VisibilityTimeout", "4")]).await?;
    probe.send(&queue, "x").await?;
    let first = probe.receive_one(&queue).await?;
    ensure!(probe.receive(&queue, 1, 0).await?.is_empty(), "it is visible during the timeout");
    let second = probe.receive_one(&queue).await?;
    ensure!(first.message_id == second.message_id, "another message id at the second receive");
    ensure!(handle(&first) != handle(&second), "the receipt handle is the same at both receives");
    let counts = [&first, &second].map(|message| attribute(message, Name::ApproximateReceiveCount));
    ensure!(counts == [Some("1"), Some("2")], "the receive counts are {counts:?}");
    let firsts = [&first, &second].map(|message| attribute(message, Name::ApproximateFirstReceiveTimestamp));
    ensure!(firsts.first() == firsts.last(), "the time of the first receive changed: {firsts:?}");
    Ok(())
}

async fn hides_for_as_long_as_the_receive_says(probe: Probe) -> Outcome {
    let queue = probe.queue("", &[]).await?;
    probe.send(&queue, "x").await?;
    let receive = probe.client.receive_message().queue_url(&queue).visibility_timeout(4).wait_time_seconds(5);
    receive.send().await.map_err(|error| said("ReceiveMessage", &error))?;
    ensure!(probe.receive(&queue, 1, 0).await?.is_empty(), "it is visible at once");
    probe.receive_one(&queue).await.map(drop)
}

async fn hides_for_longer_when_told_so(probe: Probe) -> Outcome {
    let queue = probe.queue("", &[("VisibilityTimeout", "4")]).await?;
    probe.send(&queue, "x").await?;
    let message = probe.receive_one(&queue).await?;
    let change = probe.client.change_message_visibility().queue_url(&queue).receipt_handle(handle(&message));
    let changed = change.visibility_timeout(30).send().await;
    changed.map_err(|error| said("ChangeMessageVisibility", &error))?;
    ensure!(probe.receive(&queue, 1, 6).await?.is_empty(), "it came back after the old timeout");
    Ok(())
}

async fn releases_at_once_with_visibility_zero(probe: Probe) -> Outcome {
    let queue = probe.queue("", &[]).await?;
    for number in 0..5 {
        probe.send(&queue, &number.to_string()).await?;
    }
    let messages = probe.receive(&queue, 10, 1).await?;
    let mut batch = probe.client.change_message_visibility_batch().queue_url(&queue);
    for (number, message) in messages.iter().enumerate() {
        let entry = ChangeMessageVisibilityBatchRequestEntry::builder().id(number.to_string());
        let entry = entry.receipt_handle(handle(message)).visibility_timeout(0).build();
        batch = batch.entries(entry.map_err(|error| error.to_string())?);
    }
    let changed = batch.send().await.map_err(|error| said("ChangeMessageVisibilityBatch", &error))?;
    ensure!(changed.failed().is_empty(), "failed: {:?}", changed.failed());
    let back = probe.drain(&queue).await?.len();
    ensure!(back == 5, "{back} of 5 came back");
    Ok(())
}

async fn gives_the_system_attributes_asked_for(probe: Probe) -> Outcome {
    let queue = probe.queue("", &[("VisibilityTimeout", "0")]).await?;
    probe.send(&queue, "x").await?;
    let message = probe.receive_one(&queue).await?;
    for name in [
        Name::SentTimestamp,
        Name::ApproximateReceiveCount,
        Name::ApproximateFirstReceiveTimestamp,
        Name::SenderId,
    ] {
        ensure!(attribute(&message, name.clone()).is_some(), "{} is missing", name.as_str());
    }
    let receive = probe.client.receive_message().queue_url(&queue).wait_time_seconds(5);
    let some = receive.message_system_attribute_names(Name::SentTimestamp).send().await;
    let some = some.map_err(|error| said("ReceiveMessage", &error))?;
    let got = some
        .messages()
        .first()
        .and_then(|message| message.attributes())
        .map_or(0, |attributes| attributes.len());
    ensure!(got == 1, "{got} attributes came when one was asked for");
    let receive = probe.client.receive_message().queue_url(&queue).wait_time_seconds(5);
    let none = receive.send().await.map_err(|error| said("ReceiveMessage", &error))?;
    let got = none
        .messages()
        .first()
        .and_then(|message| message.attributes())
        .map_or(0, |attributes| attributes.len());
    ensure!(got == 0, "{got} attributes came when none was asked for");
    Ok(())
}

async fn deletes_twice_without_complaint(probe: Probe) -> Outcome {
    let queue = probe.queue("", &[]).await?;
    probe.send(&queue, "x").await?;
    let message = probe.receive_one(&queue).await?;
    probe.delete(&queue, &message).await?;
    probe.delete(&queue, &message).await
}

async fn deletes_with_the_newest_handle_after_the_timeout(probe: Probe) -> Outcome {
    let queue = probe.queue("", &[("VisibilityTimeout", "1")]).await?;
    probe.send(&queue, "x").await?;
    let message = probe.receive_one(&queue).await?;
    pause(1500).await;
    probe.delete(&queue, &message).await?;
    ensure!(probe.receive(&queue, 1, 1).await?.is_empty(), "the message is still there");
    Ok(())
}

async fn refuses_handles_that_are_none(probe: Probe) -> Outcome {
    let queue = probe.queue("", &[]).await?;
    let deleted = probe.client.delete_message().queue_url(&queue).receipt_handle("garbage").send().await;
    expect_code("DeleteMessage", deleted, &["ReceiptHandleIsInvalid"])?;
    let change = probe.client.change_message_visibility().queue_url(&queue).receipt_handle("garbage");
    expect_code(
        "ChangeMessageVisibility",
        change.visibility_timeout(1).send().await,
        &["ReceiptHandleIsInvalid"],
    )
}

async fn refuses_to_change_the_visibility_of_what_is_deleted(probe: Probe) -> Outcome {
    let queue = probe.queue("", &[]).await?;
    probe.send(&queue, "x").await?;
    let message = probe.receive_one(&queue).await?;
    probe.delete(&queue, &message).await?;
    let change = probe.client.change_message_visibility().queue_url(&queue).receipt_handle(handle(&message));
    let codes = ["InvalidParameterValue", "MessageNotInflight"];
    expect_code("a deleted message", change.visibility_timeout(5).send().await, &codes)
}

async fn fails_only_the_bad_entry_of_a_delete_batch(probe: Probe) -> Outcome {
    let queue = probe.queue("", &[]).await?;
    probe.send(&queue, "x").await?;
    let message = probe.receive_one(&queue).await?;
    let entry = |id: &str, handle: &str| {
        let entry = DeleteMessageBatchRequestEntry::builder().id(id).receipt_handle(handle).build();
        entry.map_err(|error| error.to_string())
    };
    let batch = probe.client.delete_message_batch().queue_url(&queue);
    let done = batch.entries(entry("good", handle(&message))?).entries(entry("bad", "garbage")?).send().await;
    let done = done.map_err(|error| said("DeleteMessageBatch", &error))?;
    let good: Vec<_> = done.successful().iter().map(|entry| entry.id()).collect();
    let bad: Vec<_> = done.failed().iter().map(|entry| (entry.id(), entry.code())).collect();
    ensure!(good == ["good"], "successful: {good:?}");
    ensure!(bad == [("bad", "ReceiptHandleIsInvalid")], "failed: {bad:?}");
    Ok(())
}

async fn refuses_numbers_out_of_range(probe: Probe) -> Outcome {
    let queue = probe.queue("", &[]).await?;
    let receive = || probe.client.receive_message().queue_url(&queue);
    for (what, request) in [
        ("eleven messages", receive().max_number_of_messages(11)),
        ("no messages", receive().max_number_of_messages(0)),
        ("a wait of 21 s", receive().wait_time_seconds(21)),
        ("a visibility timeout over 12 h", receive().visibility_timeout(43_201)),
    ] {
        expect_code(what, request.send().await, &["InvalidParameterValue", "ReadCountOutOfRange"])?;
    }
    let sent =
        probe.client.send_message().queue_url(&queue).message_body("x").delay_seconds(901).send().await;
    expect_code("a delay over 15 min", sent, &["InvalidParameterValue"])
}

async fn moves_to_the_dead_letter_queue_after_too_many_receives(probe: Probe) -> Outcome {
    let dead = probe.queue("-dead", &[]).await?;
    let arn = probe.arn(&dead).await?;
    let policy = format!("{{\"deadLetterTargetArn\":\"{arn}\",\"maxReceiveCount\":\"2\"}}");
    let queue = probe.queue("", &[("RedrivePolicy", &policy), ("VisibilityTimeout", "1")]).await?;
    probe.send(&queue, "poison").await?;
    let first = probe.receive_one(&queue).await?;
    probe.receive_one(&queue).await?;
    ensure!(probe.receive(&queue, 1, 2).await?.is_empty(), "it was delivered a third time");
    let moved = probe.receive_one(&dead).await.map_err(|error| format!("the dead-letter queue: {error}"))?;
    ensure!(moved.message_id == first.message_id, "the message id changed on the way");
    let source = attribute(&moved, Name::DeadLetterQueueSourceArn);
    let expected = probe.arn(&queue).await?;
    ensure!(source == Some(expected.as_str()), "DeadLetterQueueSourceArn is {source:?}");
    Ok(())
}
