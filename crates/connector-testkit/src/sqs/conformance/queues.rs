//! Checks of queues themselves: making, finding, describing, emptying and removing them.

use aws_sdk_sqs::types::QueueAttributeName;

use super::probe::{Probe, expect_code, said};
use super::{Outcome, checks, ensure};

checks![
    names_the_error_of_an_unknown_queue,
    finds_lists_and_deletes_queues,
    makes_the_same_queue_once_and_refuses_another,
    describes_and_changes_attributes,
    refuses_malformed_names_and_attributes,
    empties_a_queue,
    keeps_tags,
];

async fn names_the_error_of_an_unknown_queue(probe: Probe) -> Outcome {
    let queue = probe.queue("", &[]).await?;
    let sent = probe.client.send_message().queue_url(format!("{queue}-not")).message_body("x").send().await;
    let Err(error) = sent else { return Err("the message was accepted".into()) };
    ensure!(
        error.as_service_error().is_some_and(|error| error.is_queue_does_not_exist()),
        "{}",
        said("typed", &error)
    );
    expect_code("SendMessage", Err::<(), _>(error), &["NonExistentQueue"])?;
    let url = probe.client.get_queue_url().queue_name(probe.queue_name("-not")).send().await;
    expect_code("GetQueueUrl", url, &["NonExistentQueue"])
}

async fn finds_lists_and_deletes_queues(probe: Probe) -> Outcome {
    let queue = probe.queue("", &[]).await?;
    let found = probe.client.get_queue_url().queue_name(probe.queue_name("")).send().await;
    let found = found.map_err(|error| said("GetQueueUrl", &error))?;
    ensure!(found.queue_url() == Some(queue.as_str()), "GetQueueUrl gives {:?}", found.queue_url());
    let listed = probe.client.list_queues().queue_name_prefix(probe.queue_name("")).send().await;
    let listed = listed.map_err(|error| said("ListQueues", &error))?;
    ensure!(listed.queue_urls() == [queue.clone()], "ListQueues gives {:?}", listed.queue_urls());
    let deleted = probe.client.delete_queue().queue_url(&queue).send().await;
    deleted.map_err(|error| said("DeleteQueue", &error))?;
    let sent = probe.client.send_message().queue_url(&queue).message_body("x").send().await;
    expect_code("a send to the deleted queue", sent, &["NonExistentQueue", "QueueDoesNotExist"])
}

async fn makes_the_same_queue_once_and_refuses_another(probe: Probe) -> Outcome {
    let first = probe.queue("", &[("VisibilityTimeout", "10")]).await?;
    let again = probe.queue("", &[("VisibilityTimeout", "10")]).await?;
    ensure!(first == again, "the same queue got another URL");
    let create = probe.client.create_queue().queue_name(probe.queue_name(""));
    let other = create.attributes(QueueAttributeName::VisibilityTimeout, "11").send().await;
    expect_code("another visibility timeout", other, &["QueueAlreadyExists", "QueueNameExists"])
}

async fn describes_and_changes_attributes(probe: Probe) -> Outcome {
    let queue = probe.queue("", &[]).await?;
    probe.send(&queue, "1").await?;
    probe.send(&queue, "2").await?;
    probe.receive_one(&queue).await?;
    let set = probe.client.set_queue_attributes().queue_url(&queue);
    let set = set.attributes(QueueAttributeName::VisibilityTimeout, "77").send().await;
    set.map_err(|error| said("SetQueueAttributes", &error))?;
    let get = probe.client.get_queue_attributes().queue_url(&queue);
    let got = get.attribute_names(QueueAttributeName::All).send().await;
    let got = got.map_err(|error| said("GetQueueAttributes", &error))?;
    for (name, expected) in [
        (QueueAttributeName::VisibilityTimeout, "77"),
        (QueueAttributeName::ApproximateNumberOfMessages, "1"),
        (QueueAttributeName::ApproximateNumberOfMessagesNotVisible, "1"),
        (QueueAttributeName::MessageRetentionPeriod, "345600"),
        (QueueAttributeName::MaximumMessageSize, "1048576"),
    ] {
        let value = got.attributes().and_then(|attributes| attributes.get(&name));
        ensure!(value.is_some_and(|value| value == expected), "{} is {value:?}", name.as_str());
    }
    Ok(())
}

async fn refuses_malformed_names_and_attributes(probe: Probe) -> Outcome {
    let create = |name: String| probe.client.create_queue().queue_name(name);
    expect_code("a space", create("a b".into()).send().await, &["InvalidParameterValue"])?;
    expect_code("81 characters", create("x".repeat(81)).send().await, &["InvalidParameterValue"])?;
    let fifo = create(probe.queue_name("")).attributes(QueueAttributeName::FifoQueue, "true").send().await;
    expect_code("a FIFO queue without its suffix", fifo, &["InvalidParameterValue"])?;
    let timeout = create(probe.queue_name("")).attributes(QueueAttributeName::VisibilityTimeout, "43201");
    expect_code("a timeout over 12 h", timeout.send().await, &["InvalidAttributeValue"])?;
    let unknown = create(probe.queue_name("")).attributes(QueueAttributeName::from("Colour"), "red");
    expect_code("an unknown attribute", unknown.send().await, &["InvalidAttributeName"])
}

async fn empties_a_queue(probe: Probe) -> Outcome {
    let queue = probe.queue("", &[("VisibilityTimeout", "0")]).await?;
    probe.send(&queue, "x").await?;
    let purged = probe.client.purge_queue().queue_url(&queue).send().await;
    purged.map_err(|error| said("PurgeQueue", &error))?;
    ensure!(probe.receive(&queue, 1, 1).await?.is_empty(), "a message is left");
    Ok(())
}

async fn keeps_tags(probe: Probe) -> Outcome {
    let queue = probe.queue("", &[]).await?;
    let tagged = probe.client.tag_queue().queue_url(&queue).tags("team", "a").tags("cost", "b").send().await;
    tagged.map_err(|error| said("TagQueue", &error))?;
    let untagged = probe.client.untag_queue().queue_url(&queue).tag_keys("cost").send().await;
    untagged.map_err(|error| said("UntagQueue", &error))?;
    let listed = probe.client.list_queue_tags().queue_url(&queue).send().await;
    let listed = listed.map_err(|error| said("ListQueueTags", &error))?;
    let got = listed.tags.unwrap_or_default();
    ensure!(got.len() == 1 && got.get("team").is_some_and(|team| team == "a"), "the tags are {got:?}");
    Ok(())
}
