#!/usr/bin/env python3
"""Does an SQS endpoint behave towards boto3 as Amazon SQS is documented to?

    boto3_conformance.py --endpoint http://127.0.0.1:9324 [--access-key test --secret-key test --region us-east-1]

Every deviation is one line; the exit code is 0 without any, 1 with some, 2 when the endpoint cannot be used at all.
Needs boto3. The endpoint must verify credentials: it must accept the given key and no other.
"""

import argparse
import concurrent.futures
import hashlib
import json
import struct
import sys
import threading
import time
import uuid

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

CHECKS = []


class Deviation(Exception):
    """The server answered something else than documented."""


def check(function):
    CHECKS.append(function)
    return function


def expect(condition, text):
    if not condition:
        raise Deviation(text)


class Bench:
    """A client, and queues with names that no other check uses."""

    def __init__(self, options, number):
        self.options = options
        self.prefix = f"boto-{number}-{uuid.uuid4().hex[:10]}"
        self.sqs = self.client(options.access_key, options.secret_key)

    def client(self, key, secret):
        return boto3.client(
            "sqs",
            endpoint_url=self.options.endpoint,
            region_name=self.options.region,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            config=Config(retries={"total_max_attempts": 1}, read_timeout=40),
        )

    def queue(self, suffix="", **attributes):
        if suffix.endswith(".fifo"):
            attributes["FifoQueue"] = "true"
        made = self.sqs.create_queue(QueueName=self.prefix + suffix, Attributes=attributes)
        return made["QueueUrl"]

    def send(self, url, body="x", **more):
        return self.sqs.send_message(QueueUrl=url, MessageBody=body, **more)

    def receive(self, url, most=10, wait=0, **more):
        asked = {"MessageSystemAttributeNames": ["All"], "MessageAttributeNames": ["All"], **more}
        answer = self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=most, WaitTimeSeconds=wait, **asked)
        return answer.get("Messages", [])

    def receive_one(self, url, **more):
        messages = self.receive(url, most=1, wait=5, **more)
        expect(messages, "no message came within 5 s")
        return messages[0]

    def delete(self, url, message):
        self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

    def drain(self, url):
        bodies = []
        while messages := self.receive(url, wait=1):
            for message in messages:
                self.delete(url, message)
                bodies.append(message["Body"])
        return bodies

    def arn(self, url):
        return self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def refused(call, *codes, status=400):
    """The call must fail with one of the codes, given without namespace."""
    try:
        call()
    except ClientError as error:
        code = error.response["Error"]["Code"].split(".")[-1]
        got = error.response["ResponseMetadata"]["HTTPStatusCode"]
        expect(code in codes, f"refused with {code} instead of {' or '.join(codes)}")
        expect(got == status, f"{code} has HTTP status {got} instead of {status}")
        return
    raise Deviation(f"accepted what should be refused with {' or '.join(codes)}")


def attributes_digest(attributes):
    total = hashlib.md5()

    def part(data):
        total.update(struct.pack(">I", len(data)) + data)

    for name, attribute in sorted(attributes.items()):
        part(name.encode())
        part(attribute["DataType"].encode())
        binary = "BinaryValue" in attribute
        total.update(b"\x02" if binary else b"\x01")
        part(attribute["BinaryValue"] if binary else attribute["StringValue"].encode())
    return total.hexdigest()


def string(value, kind="String"):
    return {"DataType": kind, "StringValue": value}


SAMPLES = {
    "sort.first": string("grün"),
    "sort.second": string("-12.5e3", "Number"),
    "bytes": {"DataType": "Binary.png", "BinaryValue": b"\x00\xfe\xff"},
    "label": string("{}", "String.json"),
}


@check
def body_digest(bench):
    url = bench.queue()
    body = "zwölf 😀\n"
    sent = bench.send(url, body)
    digest = hashlib.md5(body.encode()).hexdigest()
    expect(sent["MD5OfMessageBody"] == digest, "the digest of the send is wrong")
    expect("SequenceNumber" not in sent, "a standard queue numbers its messages")
    got = bench.receive_one(url)
    expect((got["Body"], got["MD5OfBody"], got["MessageId"]) == (body, digest, sent["MessageId"]), f"came back as {got}")


@check
def attribute_round_trip(bench):
    url = bench.queue()
    sent = bench.send(url, MessageAttributes=SAMPLES)
    expect(sent["MD5OfMessageAttributes"] == attributes_digest(SAMPLES), "the digest of the send is wrong")
    got = bench.receive_one(url)
    plain = {
        name: {key: value for key, value in one.items() if not key.endswith("ListValues")}
        for name, one in got["MessageAttributes"].items()
    }
    expect(plain == SAMPLES, f"came back as {plain}")
    expect(got["MD5OfMessageAttributes"] == attributes_digest(SAMPLES), "the digest of the receive is wrong")


@check
def attribute_filters(bench):
    url = bench.queue(VisibilityTimeout="0")
    bench.send(url, MessageAttributes=SAMPLES)
    wanted = {
        ("bytes",): ["bytes"],
        ("sort.*",): ["sort.first", "sort.second"],
        (".*",): sorted(SAMPLES),
        ("All",): sorted(SAMPLES),
        ("nothing",): [],
        (): [],
    }
    for names, expected in wanted.items():
        got = bench.receive_one(url, MessageAttributeNames=list(names))
        found = sorted(got.get("MessageAttributes", {}))
        expect(found == expected, f"{list(names)} gives {found}")
        if expected:
            digest = attributes_digest({name: SAMPLES[name] for name in expected})
            expect(got["MD5OfMessageAttributes"] == digest, f"{list(names)}: the digest is not of what came")


@check
def trace_header(bench):
    url = bench.queue()
    header = string("Root=1-65a0b0c0-000000000000000000000001")
    sent = bench.send(url, MessageSystemAttributes={"AWSTraceHeader": header})
    expect(sent.get("MD5OfMessageSystemAttributes") == attributes_digest({"AWSTraceHeader": header}), "wrong digest")
    expect(bench.receive_one(url)["Attributes"].get("AWSTraceHeader") == header["StringValue"], "it did not come back")


@check
def system_attributes(bench):
    url = bench.queue()
    before = time.time() * 1000 - 5000
    bench.send(url)
    found = bench.receive_one(url)["Attributes"]
    for name in ("SenderId", "SentTimestamp", "ApproximateReceiveCount", "ApproximateFirstReceiveTimestamp"):
        expect(name in found, f"{name} is missing")
    expect(before < int(found["SentTimestamp"]) < before + 60000, f"SentTimestamp is {found['SentTimestamp']}")


@check
def empty_long_poll(bench):
    url = bench.queue()
    start = time.monotonic()
    expect(not bench.receive(url, wait=2), "an empty queue gave a message")
    expect(time.monotonic() - start >= 1.9, "the poll of 2 s ended early")


@check
def waking_long_poll(bench):
    url = bench.queue()
    sender = threading.Timer(0.5, lambda: bench.send(url, "late"))
    sender.start()
    start = time.monotonic()
    got = bench.receive(url, wait=20)
    sender.join()
    expect([one["Body"] for one in got] == ["late"], "the poll missed the message")
    expect(time.monotonic() - start < 15, "the poll did not wake")


@check
def visibility_of_the_queue(bench):
    url = bench.queue(VisibilityTimeout="2")
    bench.send(url)
    first = bench.receive_one(url)
    expect(not bench.receive(url), "visible in spite of the timeout")
    second = bench.receive_one(url)
    expect(second["Attributes"]["ApproximateReceiveCount"] == "2", "the receive count is not 2")
    expect(first["ReceiptHandle"] != second["ReceiptHandle"], "the receipt handle did not change")


@check
def visibility_of_the_receive(bench):
    url = bench.queue()
    bench.send(url)
    bench.receive_one(url, VisibilityTimeout=1)
    expect(not bench.receive(url), "visible at once")
    bench.receive_one(url)


@check
def visibility_extended_and_given_up(bench):
    url = bench.queue(VisibilityTimeout="1")
    bench.send(url)
    got = bench.receive_one(url)
    change = {"QueueUrl": url, "ReceiptHandle": got["ReceiptHandle"]}
    bench.sqs.change_message_visibility(VisibilityTimeout=30, **change)
    expect(not bench.receive(url, wait=2), "the old timeout still counts")
    bench.sqs.change_message_visibility(VisibilityTimeout=0, **change)
    expect(bench.receive(url), "not visible although given up")


@check
def visibility_batch(bench):
    url = bench.queue()
    bench.sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": str(n), "MessageBody": str(n)} for n in range(6)])
    got = bench.receive(url, wait=1)
    entries = [
        {"Id": str(n), "ReceiptHandle": one["ReceiptHandle"], "VisibilityTimeout": 0} for n, one in enumerate(got)
    ]
    done = bench.sqs.change_message_visibility_batch(QueueUrl=url, Entries=entries)
    expect(len(done["Successful"]) == len(got) and not done.get("Failed"), f"answered {done}")
    expect(sorted(bench.drain(url)) == list("012345"), "not all came back")


@check
def deletes(bench):
    url = bench.queue()
    bench.send(url)
    got = bench.receive_one(url)
    entries = [{"Id": "good", "ReceiptHandle": got["ReceiptHandle"]}, {"Id": "bad", "ReceiptHandle": "no handle"}]
    done = bench.sqs.delete_message_batch(QueueUrl=url, Entries=entries)
    expect([one["Id"] for one in done["Successful"]] == ["good"], f"successful: {done['Successful']}")
    failed = [(one["Id"], one["Code"], one["SenderFault"]) for one in done.get("Failed", [])]
    expect(failed == [("bad", "ReceiptHandleIsInvalid", True)], f"failed: {failed}")
    bench.delete(url, got)
    change = {"QueueUrl": url, "ReceiptHandle": got["ReceiptHandle"], "VisibilityTimeout": 1}
    refused(lambda: bench.sqs.change_message_visibility(**change), "InvalidParameterValue", "MessageNotInflight")
    refused(lambda: bench.delete(url, {"ReceiptHandle": "no handle"}), "ReceiptHandleIsInvalid")


@check
def batch_rules(bench):
    url = bench.queue()

    def batch(*ids):
        entries = [{"Id": one, "MessageBody": "x"} for one in ids]
        return lambda: bench.sqs.send_message_batch(QueueUrl=url, Entries=entries)

    refused(batch(), "EmptyBatchRequest")
    refused(batch(*"abcdefghijk"), "TooManyEntriesInBatchRequest")
    refused(batch("a", "a"), "BatchEntryIdsNotDistinct")
    refused(batch("not allowed"), "InvalidBatchEntryId")
    half = "x" * (512 * 1024 + 1)
    entries = [{"Id": one, "MessageBody": half} for one in "ab"]
    refused(lambda: bench.sqs.send_message_batch(QueueUrl=url, Entries=entries), "BatchRequestTooLong")
    mixed = [{"Id": "good", "MessageBody": "x"}, {"Id": "bad", "MessageBody": "\x02"}]
    done = bench.sqs.send_message_batch(QueueUrl=url, Entries=mixed)
    expect([one["Id"] for one in done["Successful"]] == ["good"], f"successful: {done['Successful']}")
    expect([one["Id"] for one in done["Failed"]] == ["bad"], f"failed: {done['Failed']}")


@check
def sizes(bench):
    url = bench.queue()
    bench.send(url, "x" * 1024 * 1024)
    refused(lambda: bench.send(url, "x" * (1024 * 1024 + 1)), "InvalidParameterValue")
    small = bench.queue("-small", MaximumMessageSize="1024")
    refused(lambda: bench.send(small, "x" * 1024, MessageAttributes={"a": string("b")}), "InvalidParameterValue")


@check
def characters(bench):
    url = bench.queue()
    for body in ("\x00", "a\x0b", "\uffff"):
        refused(lambda: bench.send(url, body), "InvalidMessageContents", "InvalidParameterValue")
    bench.send(url, "\t\n\r\x7f\ufffd\U0010ffff")
    refused(lambda: bench.send(url, ""), "MissingParameter", "InvalidParameterValue")


@check
def attribute_rules(bench):
    url = bench.queue()
    for attributes in (
        {f"n{number}": string("x") for number in range(11)},
        {"a": string("")},
        {"a": string("x", "Text")},
        {"a": string("twelve", "Number")},
        {"a": {"DataType": "Binary", "StringValue": "x"}},
        {"Amazon.a": string("x")},
        {".a": string("x")},
        {"a b": string("x")},
    ):
        refused(lambda: bench.send(url, MessageAttributes=attributes), "InvalidParameterValue")


@check
def number_ranges(bench):
    url = bench.queue()
    refused(lambda: bench.receive(url, most=11), "InvalidParameterValue")
    refused(lambda: bench.receive(url, wait=21), "InvalidParameterValue")
    refused(lambda: bench.receive(url, VisibilityTimeout=43201), "InvalidParameterValue")
    refused(lambda: bench.send(url, DelaySeconds=901), "InvalidParameterValue")


@check
def delays(bench):
    url = bench.queue(DelaySeconds="2")
    bench.send(url, "later")
    bench.send(url, "now", DelaySeconds=0)
    expect([one["Body"] for one in bench.receive(url, wait=1)] == ["now"], "the delay of the queue does not hold")
    expect(bench.receive_one(url)["Body"] == "later", "the delayed message did not come")


@check
def group_on_standard_queue(bench):
    url = bench.queue()
    bench.send(url, MessageGroupId="tenant-7")
    expect(bench.receive_one(url)["Attributes"].get("MessageGroupId") == "tenant-7", "the group did not come back")
    refused(lambda: bench.send(url, MessageDeduplicationId="d"), "InvalidParameterValue")


@check
def unknown_queue(bench):
    url = bench.queue() + "-not"
    try:
        bench.send(url)
    except bench.sqs.exceptions.QueueDoesNotExist as error:
        code = error.response["Error"]["Code"]
        expect(code == "AWS.SimpleQueueService.NonExistentQueue", f"the code is {code}")
        return
    raise Deviation("a message to an unknown queue was accepted")


@check
def credentials(bench):
    url = bench.queue()
    stranger = bench.client("AKIDSTRANGER", "secret")
    refused(lambda: stranger.send_message(QueueUrl=url, MessageBody="x"), "InvalidClientTokenId", status=403)
    forger = bench.client(bench.options.access_key, bench.options.secret_key + "x")
    refused(lambda: forger.send_message(QueueUrl=url, MessageBody="x"), "SignatureDoesNotMatch", status=403)
    expect(not bench.receive(url), "a refused message is in the queue")


@check
def fifo_numbers_and_ids(bench):
    url = bench.queue(".fifo")
    sent = [bench.send(url, one, MessageGroupId="g", MessageDeduplicationId=one) for one in "ab"]
    expect(int(sent[0]["SequenceNumber"]) < int(sent[1]["SequenceNumber"]), "the numbers do not grow")
    found = bench.receive_one(url)["Attributes"]
    got = [found.get(name) for name in ("MessageGroupId", "MessageDeduplicationId", "SequenceNumber")]
    expect(got == ["g", "a", sent[0]["SequenceNumber"]], f"came back as {got}")


@check
def fifo_order(bench):
    url = bench.queue(".fifo")
    for body in ("a1", "a2", "b1", "a3"):
        bench.send(url, body, MessageGroupId=body[0], MessageDeduplicationId=body)
    first = bench.receive(url, most=1, wait=1)
    second = bench.receive(url)
    got = [[one["Body"] for one in part] for part in (first, second)]
    expect(got == [["a1"], ["b1"]], f"came as {got}: the group of a message in flight is not blocked")
    bench.delete(url, first[0])
    expect([one["Body"] for one in bench.receive(url, wait=1)] == ["a2", "a3"], "the group did not go on")


@check
def fifo_deduplication(bench):
    url = bench.queue(".fifo")
    ids = [bench.send(url, body, MessageGroupId="g", MessageDeduplicationId="d")["MessageId"] for body in "12"]
    expect(ids[0] == ids[1], "the repeated send has another message id")
    expect(bench.drain(url) == ["1"], "the repeated message was stored")
    bench.send(url, "3", MessageGroupId="g", MessageDeduplicationId="d")
    expect(not bench.drain(url), "the id was forgotten with the deletion")
    content = bench.queue("-content.fifo", ContentBasedDeduplication="true")
    for body in ("same", "same", "other"):
        bench.send(content, body, MessageGroupId="g")
    expect(bench.drain(content) == ["same", "other"], "equal bodies are not recognised")


@check
def fifo_rules(bench):
    url = bench.queue(".fifo", VisibilityTimeout="1")
    both = {"MessageGroupId": "g", "MessageDeduplicationId": "d"}
    refused(lambda: bench.send(url, MessageDeduplicationId="d"), "MissingParameter")
    refused(lambda: bench.send(url, MessageGroupId="g"), "InvalidParameterValue")
    refused(lambda: bench.send(url, DelaySeconds=1, **both), "InvalidParameterValue")
    bench.send(url, **both)
    got = bench.receive_one(url)
    time.sleep(1.5)
    refused(lambda: bench.delete(url, got), "InvalidParameterValue")


@check
def dead_letters(bench):
    dead = bench.queue("-dead")
    policy = json.dumps({"deadLetterTargetArn": bench.arn(dead), "maxReceiveCount": 2})
    url = bench.queue(RedrivePolicy=policy, VisibilityTimeout="1")
    sent = bench.send(url, "poison")
    bench.receive_one(url)
    bench.receive_one(url)
    expect(not bench.receive(url, wait=2), "delivered a third time")
    moved = bench.receive_one(dead)
    expect(moved["MessageId"] == sent["MessageId"], "the message id changed")
    source = moved["Attributes"].get("DeadLetterQueueSourceArn")
    expect(source == bench.arn(url), f"DeadLetterQueueSourceArn is {source}")
    sources = bench.sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"]
    expect(sources == [url], f"the sources are {sources}")


@check
def queue_management(bench):
    url = bench.queue(VisibilityTimeout="5")
    expect(bench.queue(VisibilityTimeout="5") == url, "the same queue has another URL")
    refused(lambda: bench.queue(VisibilityTimeout="6"), "QueueAlreadyExists", "QueueNameExists")
    expect(bench.sqs.get_queue_url(QueueName=bench.prefix)["QueueUrl"] == url, "GetQueueUrl finds another")
    listed = bench.sqs.list_queues(QueueNamePrefix=bench.prefix).get("QueueUrls")
    expect(listed == [url], f"ListQueues gives {listed}")
    bench.send(url)
    bench.sqs.set_queue_attributes(QueueUrl=url, Attributes={"ReceiveMessageWaitTimeSeconds": "1"})
    found = bench.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    for name, value in (("ReceiveMessageWaitTimeSeconds", "1"), ("ApproximateNumberOfMessages", "1")):
        expect(found.get(name) == value, f"{name} is {found.get(name)}")
    bench.sqs.purge_queue(QueueUrl=url)
    expect(not bench.receive(url), "the purge left a message")
    refused(lambda: bench.queue("-bad", VisibilityTimeout="43201"), "InvalidAttributeValue")
    refused(lambda: bench.queue("-bad", Colour="red"), "InvalidAttributeName")
    refused(lambda: bench.queue("not allowed"), "InvalidParameterValue")
    bench.sqs.delete_queue(QueueUrl=url)
    refused(lambda: bench.send(url), "NonExistentQueue", "QueueDoesNotExist")


def outcome(options, number, function):
    try:
        function(Bench(options, number))
        return None
    except Deviation as deviation:
        return str(deviation)
    except (ClientError, BotoCoreError, KeyError, IndexError) as error:
        return f"{type(error).__name__}: {error}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--region", default="us-east-1")
    parser.add_argument("--access-key", default="test")
    parser.add_argument("--secret-key", default="test")
    parser.add_argument("--only", help="run only the checks whose name contains this text")
    options = parser.parse_args()
    try:
        Bench(options, "start").sqs.list_queues()
    except (ClientError, BotoCoreError) as error:
        print(f"{options.endpoint} cannot be used: {error}", file=sys.stderr)
        return 2
    chosen = [one for one in CHECKS if not options.only or options.only in one.__name__]
    with concurrent.futures.ThreadPoolExecutor(max_workers=8) as pool:
        outcomes = list(pool.map(lambda pair: outcome(options, *pair), enumerate(chosen)))
    for function, deviation in zip(chosen, outcomes):
        print(f"{'ok' if deviation is None else 'DEVIATES':9} {function.__name__}{': ' + deviation if deviation else ''}")
    deviations = sum(one is not None for one in outcomes)
    print(f"{len(chosen) - deviations} of {len(chosen)} passed")
    return 1 if deviations or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
