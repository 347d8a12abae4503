//! Checks of FIFO queues: numbers, order, groups, deduplication.

use aws_sdk_sqs::types::MessageSystemAttributeName as Name;

use super::probe::{Probe, attribute, expect_code, pause, said};
use super::{Outcome, checks, ensure};

checks![
    numbers_messages_and_keeps_their_ids,
    keeps_the_order_of_a_group_and_blocks_it_while_in_flight,
    recognises_a_message_sent_twice_even_after_its_deletion,
    recognises_equal_bodies_with_content_based_deduplication,
    refuses_messages_without_group_or_deduplication_id,
    refuses_a_delay_for_a_single_message,
    refuses_to_delete_with_an_expired_handle,
];

async fn numbers_messages_and_keeps_their_ids(probe: Probe) -> Outcome {
    let queue = probe.queue(".fifo", &[]).await?;
    let mut numbers = Vec::new();
    for id in ["d1", "d2"] {
        let send = probe.client.send_message().queue_url(&queue).message_body(id).message_group_id("g");
        let sent =
            send.message_deduplication_id(id).send().await.map_err(|error| said("SendMessage", &error))?;
        let number = sent.sequence_number.ok_or("the send gave no sequence number")?;
        numbers.push(number.parse::<u128>().map_err(|_| format!("{number} is not a number"))?);
    }
    ensure!(numbers.is_sorted_by(|a, b| a < b), "the numbers do not grow: {numbers:?}");
    let message = probe.receive_one(&queue).await?;
    for (name, expected) in [(Name::MessageGroupId, "g"), (Name::MessageDeduplicationId, "d1")] {
        let got = attribute(&message, name.clone());
        ensure!(got == Some(expected), "{} is {got:?}", name.as_str());
    }
    let got = attribute(&message, Name::SequenceNumber);
    let expected = numbers.first().map(ToString::to_string);
    ensure!(got == expected.as_deref(), "SequenceNumber is {got:?}, the send gave {expected:?}");
    Ok(())
}

async fn keeps_the_order_of_a_group_and_blocks_it_while_in_flight(probe: Probe) -> Outcome {
    let queue = probe.queue(".fifo", &[]).await?;
    for (body, group) in [("a0", "a"), ("a1", "a"), ("a2", "a"), ("a3", "a"), ("b0", "b")] {
        probe.send_fifo(&queue, body, group, body).await?;
    }
    let first = probe.receive(&queue, 2, 1).await?;
    let second = probe.receive(&queue, 10, 0).await?;
    let bodies = |messages: &[aws_sdk_sqs::types::Message]| -> Vec<String> {
        messages.iter().filter_map(|message| message.body.clone()).collect()
    };
    ensure!(bodies(&first) == ["a0", "a1"], "first came {:?}", bodies(&first));
    ensure!(bodies(&second) == ["b0"], "while these are in flight came {:?}", bodies(&second));
    for message in first.iter().chain(&second) {
        probe.delete(&queue, message).await?;
    }
    let rest = probe.drain(&queue).await?;
    ensure!(rest == ["a2", "a3"], "then came {rest:?}");
    Ok(())
}

async fn recognises_a_message_sent_twice_even_after_its_deletion(probe: Probe) -> Outcome {
    let queue = probe.queue(".fifo", &[]).await?;
    let first = probe.send_fifo(&queue, "1", "g", "same").await?;
    let second = probe.send_fifo(&queue, "2", "g", "same").await?;
    ensure!(first == second, "the second send answers another message id");
    let bodies = probe.drain(&queue).await?;
    ensure!(bodies == ["1"], "the queue held {bodies:?}");
    probe.send_fifo(&queue, "3", "g", "same").await?;
    let bodies = probe.drain(&queue).await?;
    ensure!(bodies.is_empty(), "after the deletion {bodies:?} was taken");
    Ok(())
}

async fn recognises_equal_bodies_with_content_based_deduplication(probe: Probe) -> Outcome {
    let queue = probe.queue(".fifo", &[("ContentBasedDeduplication", "true")]).await?;
    for body in ["same", "same", "other"] {
        let send = probe.client.send_message().queue_url(&queue).message_body(body).message_group_id("g");
        send.send().await.map_err(|error| said("SendMessage", &error))?;
    }
    let bodies = probe.drain(&queue).await?;
    ensure!(bodies == ["same", "other"], "the queue held {bodies:?}");
    Ok(())
}

async fn refuses_messages_without_group_or_deduplication_id(probe: Probe) -> Outcome {
    let queue = probe.queue(".fifo", &[]).await?;
    let send = || probe.client.send_message().queue_url(&queue).message_body("x");
    let sent = send().message_deduplication_id("d").send().await;
    expect_code("no group", sent, &["MissingParameter"])?;
    let sent = send().message_group_id("g").send().await;
    expect_code("no deduplication id", sent, &["InvalidParameterValue"])?;
    let sent = send().message_group_id("g g").message_deduplication_id("d").send().await;
    expect_code("a group with a space", sent, &["InvalidParameterValue"])
}

async fn refuses_a_delay_for_a_single_message(probe: Probe) -> Outcome {
    let queue = probe.queue(".fifo", &[]).await?;
    let send = probe.client.send_message().queue_url(&queue).message_body("x").delay_seconds(1);
    let sent = send.message_group_id("g").message_deduplication_id("d").send().await;
    expect_code("DelaySeconds", sent, &["InvalidParameterValue"])
}

async fn refuses_to_delete_with_an_expired_handle(probe: Probe) -> Outcome {
    let queue = probe.queue(".fifo", &[("VisibilityTimeout", "1")]).await?;
    probe.send_fifo(&queue, "x", "g", "d").await?;
    let message = probe.receive_one(&queue).await?;
    pause(1500).await;
    let handle = message.receipt_handle().unwrap_or_default();
    let deleted = probe.client.delete_message().queue_url(&queue).receipt_handle(handle).send().await;
    expect_code("after the timeout", deleted, &["InvalidParameterValue"])?;
    probe.receive_one(&queue).await.map(drop)
}
