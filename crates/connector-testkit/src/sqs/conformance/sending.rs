//! Checks of sends: digests, attributes, limits, delays, refusals.

use std::collections::HashMap;

use aws_sdk_sqs::operation::send_message::builders::SendMessageFluentBuilder;
use aws_sdk_sqs::primitives::Blob;
use aws_sdk_sqs::types::{
    MessageAttributeValue, MessageSystemAttributeName, MessageSystemAttributeNameForSends,
    MessageSystemAttributeValue, SendMessageBatchRequestEntry,
};

use super::probe::{Probe, attribute, expect_code, said, text};
use super::{Outcome, checks, ensure};
use crate::sqs::attribute as rules;
use crate::sqs::digest;

checks![
    answers_the_digest_of_the_body,
    keeps_attributes_of_every_type_with_their_digest,
    returns_only_the_attributes_asked_for,
    keeps_the_trace_header,
    carries_the_message_group_on_standard_queues,
    holds_a_message_back_for_its_delay,
    holds_a_message_back_for_the_delay_of_the_queue,
    takes_one_mebibyte_and_no_more,
    refuses_a_batch_longer_than_one_message,
    refuses_characters_outside_of_the_allowed_set,
    refuses_an_empty_body,
    refuses_malformed_attributes,
    refuses_malformed_batches,
    fails_only_the_bad_entry_of_a_send_batch,
    refuses_a_deduplication_id_on_standard_queues,
    refuses_unknown_access_keys,
    refuses_wrong_secrets,
];

async fn answers_the_digest_of_the_body(probe: Probe) -> Outcome {
    let queue = probe.queue("", &[]).await?;
    let body = "gr\u{fc}n \u{1F600}";
    let sent = probe.client.send_message().queue_url(&queue).message_body(body).send().await;
    let sent = sent.map_err(|error| said("SendMessage", &error))?;
    let expected = Some(digest::of_body(body));
    ensure!(sent.md5_of_message_body == expected, "the send answers {:?}", sent.md5_of_message_body);
    ensure!(sent.sequence_number.is_none(), "a standard queue gave a sequence number");
    let message = probe.receive_one(&queue).await?;
    ensure!(message.md5_of_body == expected, "the receive answers {:?}", message.md5_of_body);
    ensure!(message.body.as_deref() == Some(body), "the body came back as {:?}", message.body);
    Ok(())
}

fn samples() -> Result<HashMap<String, MessageAttributeValue>, String> {
    let binary =
        MessageAttributeValue::builder().data_type("Binary").binary_value(Blob::new([0, 255, 7])).build();
    Ok(HashMap::from([
        ("kind.a".into(), text("String", "x")?),
        ("kind.b".into(), text("Number", "-1.5")?),
        ("bytes".into(), binary.map_err(|error| error.to_string())?),
        ("labelled".into(), text("String.json", "\u{e9}")?),
    ]))
}

fn digest_of(attributes: &HashMap<String, MessageAttributeValue>) -> Option<String> {
    let converted: rules::Attributes = attributes
        .iter()
        .map(|(name, value)| {
            let value_of = match value.binary_value() {
                Some(bytes) => crate::sqs::MessageAttributeValue::Binary(bytes.clone().into_inner()),
                None => {
                    crate::sqs::MessageAttributeValue::Text(value.string_value().unwrap_or_default().into())
                }
            };
            (
                name.clone(),
                crate::sqs::MessageAttribute { data_type: value.data_type().into(), value: value_of },
            )
        })
        .collect();
    digest::of_attributes(converted.iter().map(|(name, value)| (name.as_str(), value)))
}

async fn keeps_attributes_of_every_type_with_their_digest(probe: Probe) -> Outcome {
    let queue = probe.queue("", &[]).await?;
    let attributes = samples()?;
    let send = probe.client.send_message().queue_url(&queue).message_body("x");
    let sent = send.set_message_attributes(Some(attributes.clone())).send().await;
    let sent = sent.map_err(|error| said("SendMessage", &error))?;
    let expected = digest_of(&attributes);
    ensure!(
        sent.md5_of_message_attributes == expected,
        "the send answers {:?}",
        sent.md5_of_message_attributes
    );
    let message = probe.receive_one(&queue).await?;
    ensure!(
        message.message_attributes.as_ref() == Some(&attributes),
        "they came back as {:?}",
        message.message_attributes
    );
    let received = message.md5_of_message_attributes;
    ensure!(received == expected, "the receive answers {received:?}");
    Ok(())
}

async fn returns_only_the_attributes_asked_for(probe: Probe) -> Outcome {
    let queue = probe.queue("", &[]).await?;
    for (asked, expected) in [
        (&["bytes"][..], &["bytes"][..]),
        (&["kind.*"], &["kind.a", "kind.b"]),
        (&[".*"], &["bytes", "kind.a", "kind.b", "labelled"]),
        (&["All"], &["bytes", "kind.a", "kind.b", "labelled"]),
        (&["absent"], &[]),
        (&[], &[]),
    ] {
        let send = probe.client.send_message().queue_url(&queue).message_body("x");
        let sent = send.set_message_attributes(Some(samples()?)).send().await;
        sent.map_err(|error| said("SendMessage", &error))?;
        let names = asked.iter().map(ToString::to_string).collect();
        let receive = probe.client.receive_message().queue_url(&queue).wait_time_seconds(5);
        let received = receive.set_message_attribute_names(Some(names)).send().await;
        let received = received.map_err(|error| said("ReceiveMessage", &error))?;
        let message = received.messages().first().ok_or("no message came")?;
        probe.delete(&queue, message).await?;
        let attributes = message.message_attributes().cloned().unwrap_or_default();
        let mut got: Vec<&str> = attributes.keys().map(String::as_str).collect();
        got.sort_unstable();
        ensure!(got == expected, "asked for {asked:?}, got {got:?}");
        let sum = message.md5_of_message_attributes();
        ensure!(
            sum == digest_of(&attributes).as_deref(),
            "asked for {asked:?}, the digest is not of what came"
        );
    }
    Ok(())
}

async fn keeps_the_trace_header(probe: Probe) -> Outcome {
    let queue = probe.queue("", &[]).await?;
    let trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1";
    let value = MessageSystemAttributeValue::builder().data_type("String").string_value(trace).build();
    let value = value.map_err(|error| error.to_string())?;
    let send = probe.client.send_message().queue_url(&queue).message_body("x");
    let sent = send
        .message_system_attributes(MessageSystemAttributeNameForSends::AwsTraceHeader, value)
        .send()
        .await;
    sent.map_err(|error| said("SendMessage", &error))?;
    let message = probe.receive_one(&queue).await?;
    let got = attribute(&message, MessageSystemAttributeName::AwsTraceHeader);
    ensure!(got == Some(trace), "it came back as {got:?}");
    Ok(())
}

async fn carries_the_message_group_on_standard_queues(probe: Probe) -> Outcome {
    let queue = probe.queue("", &[]).await?;
    let send = probe.client.send_message().queue_url(&queue).message_body("x").message_group_id("tenant-1");
    send.send().await.map_err(|error| said("SendMessage", &error))?;
    let message = probe.receive_one(&queue).await?;
    let got = attribute(&message, MessageSystemAttributeName::MessageGroupId);
    ensure!(got == Some("tenant-1"), "it came back as {got:?}");
    Ok(())
}

async fn holds_a_message_back_for_its_delay(probe: Probe) -> Outcome {
    let queue = probe.queue("", &[]).await?;
    let sent = probe.client.send_message().queue_url(&queue).message_body("x").delay_seconds(4).send().await;
    sent.map_err(|error| said("SendMessage", &error))?;
    ensure!(probe.receive(&queue, 1, 0).await?.is_empty(), "it came before the delay was over");
    probe.receive_one(&queue).await.map(drop)
}

async fn holds_a_message_back_for_the_delay_of_the_queue(probe: Probe) -> Outcome {
    let queue = probe.queue("", &[("DelaySeconds", "4")]).await?;
    probe.send(&queue, "delayed").await?;
    let sent =
        probe.client.send_message().queue_url(&queue).message_body("own").delay_seconds(0).send().await;
    sent.map_err(|error| said("SendMessage", &error))?;
    let first = probe.receive(&queue, 10, 1).await?;
    let bodies: Vec<_> = first.iter().filter_map(|message| message.body()).collect();
    ensure!(bodies == ["own"], "at first {bodies:?} came");
    let second = probe.receive_one(&queue).await?;
    ensure!(second.body() == Some("delayed"), "then {:?} came", second.body());
    Ok(())
}

async fn takes_one_mebibyte_and_no_more(probe: Probe) -> Outcome {
    let queue = probe.queue("", &[]).await?;
    let body = "x".repeat(1_048_576);
    probe.send(&queue, &body).await.map_err(|error| format!("1 MiB is refused: {:.120}", error))?;
    let more = probe.client.send_message().queue_url(&queue).message_body(format!("{body}x")).send().await;
    expect_code("1 MiB and one byte", more, &["InvalidParameterValue"])?;
    let send = probe.client.send_message().queue_url(&queue).message_body(&body);
    let more = send.message_attributes("a", text("String", "b")?).send().await;
    expect_code("1 MiB with an attribute", more, &["InvalidParameterValue"])
}

fn entry(id: &str, body: &str) -> Result<SendMessageBatchRequestEntry, String> {
    SendMessageBatchRequestEntry::builder()
        .id(id)
        .message_body(body)
        .build()
        .map_err(|error| error.to_string())
}

async fn refuses_a_batch_longer_than_one_message(probe: Probe) -> Outcome {
    let queue = probe.queue("", &[]).await?;
    let half = "x".repeat(524_289);
    let batch = probe.client.send_message_batch().queue_url(&queue);
    let result = batch.entries(entry("a", &half)?).entries(entry("b", &half)?).send().await;
    expect_code("two entries of 512 KiB and one byte", result, &["BatchRequestTooLong"])
}

async fn refuses_characters_outside_of_the_allowed_set(probe: Probe) -> Outcome {
    let queue = probe.queue("", &[]).await?;
    for body in ["a\u{1}b", "\u{0}", "\u{FFFE}", "\u{FFFF}"] {
        let sent = probe.client.send_message().queue_url(&queue).message_body(body).send().await;
        expect_code(&format!("{body:?}"), sent, &["InvalidMessageContents", "InvalidParameterValue"])?;
    }
    probe.send(&queue, "\t\n\r \u{7F}\u{FFFD}\u{10FFFF}").await
}

async fn refuses_an_empty_body(probe: Probe) -> Outcome {
    let queue = probe.queue("", &[]).await?;
    let sent = probe.client.send_message().queue_url(&queue).message_body("").send().await;
    expect_code("an empty body", sent, &["MissingParameter", "InvalidParameterValue"])
}

async fn refuses_malformed_attributes(probe: Probe) -> Outcome {
    let queue = probe.queue("", &[]).await?;
    let send = || probe.client.send_message().queue_url(&queue).message_body("x");
    let with = |name: &str, data_type: &str, value: &str| -> Result<SendMessageFluentBuilder, String> {
        Ok(send().message_attributes(name, text(data_type, value)?))
    };
    let mut eleven = send();
    for number in 0..11 {
        eleven = eleven.message_attributes(format!("a{number}"), text("String", "x")?);
    }
    for (what, request) in [
        ("eleven attributes", eleven),
        ("an empty value", with("a", "String", "")?),
        ("an empty type", with("a", "", "x")?),
        ("an unknown type", with("a", "Text", "x")?),
        ("a number that is none", with("a", "Number", "abc")?),
        ("a reserved name", with("AWS.a", "String", "x")?),
        ("two periods in the name", with("a..b", "String", "x")?),
        ("a space in the name", with("a b", "String", "x")?),
    ] {
        expect_code(what, request.send().await, &["InvalidParameterValue"])?;
    }
    Ok(())
}

async fn refuses_malformed_batches(probe: Probe) -> Outcome {
    let queue = probe.queue("", &[]).await?;
    let numbered = (0..11).map(|number| entry(&number.to_string(), "x")).collect::<Result<Vec<_>, _>>()?;
    for (what, entries, expected) in [
        ("no entries", Vec::new(), "EmptyBatchRequest"),
        ("eleven entries", numbered, "TooManyEntriesInBatchRequest"),
        ("one id twice", vec![entry("a", "x")?, entry("a", "x")?], "BatchEntryIdsNotDistinct"),
        ("an id with a space", vec![entry("a b", "x")?], "InvalidBatchEntryId"),
    ] {
        let sent =
            probe.client.send_message_batch().queue_url(&queue).set_entries(Some(entries)).send().await;
        expect_code(what, sent, &[expected])?;
    }
    Ok(())
}

async fn fails_only_the_bad_entry_of_a_send_batch(probe: Probe) -> Outcome {
    let queue = probe.queue("", &[]).await?;
    let batch = probe.client.send_message_batch().queue_url(&queue);
    let sent = batch.entries(entry("good", "fine")?).entries(entry("bad", "a\u{1}")?).send().await;
    let sent = sent.map_err(|error| said("SendMessageBatch", &error))?;
    let good: Vec<_> = sent.successful().iter().map(|entry| entry.id()).collect();
    let bad: Vec<_> = sent.failed().iter().map(|entry| (entry.id(), entry.sender_fault())).collect();
    ensure!(good == ["good"] && bad == [("bad", true)], "successful {good:?}, failed {bad:?}");
    let bodies = probe.drain(&queue).await?;
    ensure!(bodies == ["fine"], "the queue holds {bodies:?}");
    Ok(())
}

async fn refuses_a_deduplication_id_on_standard_queues(probe: Probe) -> Outcome {
    let queue = probe.queue("", &[]).await?;
    let send = probe.client.send_message().queue_url(&queue).message_body("x").message_deduplication_id("d");
    expect_code("MessageDeduplicationId", send.send().await, &["InvalidParameterValue"])
}

async fn refuses_unknown_access_keys(probe: Probe) -> Outcome {
    let queue = probe.queue("", &[]).await?;
    let client = probe.client_with("AKIDUNKNOWN", "whatever");
    let sent = client.send_message().queue_url(&queue).message_body("x").send().await;
    expect_code("an unknown key", sent, &["InvalidClientTokenId", "UnrecognizedClientException"])
}

async fn refuses_wrong_secrets(probe: Probe) -> Outcome {
    let queue = probe.queue("", &[]).await?;
    let client = probe.client_with_wrong_secret();
    let sent = client.send_message().queue_url(&queue).message_body("x").send().await;
    expect_code("a wrong secret", sent, &["SignatureDoesNotMatch", "InvalidSignatureException"])?;
    ensure!(probe.receive(&queue, 1, 0).await?.is_empty(), "the message is in the queue all the same");
    Ok(())
}
