//! The protocol below the client: headers, statuses, malformed requests.

use connector_testkit::sqs::SqsServerOptions;

use crate::{raw, start};

const JSON: &str = "Content-Type: application/x-amz-json-1.0\r\n";

async fn ask(operation: &str, body: &str) -> String {
    let server = start(SqsServerOptions::default()).await;
    server.create_queue("q", &[]).unwrap();
    let headers = format!("{JSON}X-Amz-Target: AmazonSQS.{operation}\r\n");
    raw(&server, "POST", "/", &headers, body).await
}

#[tokio::test]
async fn names_errors_in_the_body_and_in_the_header_of_the_older_protocol() {
    let answer = ask("SendMessage", r#"{"QueueUrl":"http://x/000000000000/nope","MessageBody":"x"}"#).await;
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    assert!(
        answer.contains("x-amzn-query-error: AWS.SimpleQueueService.NonExistentQueue;Sender"),
        "{answer}"
    );
    assert!(answer.contains(r#""__type":"com.amazonaws.sqs#QueueDoesNotExist""#), "{answer}");
    assert!(answer.contains("x-amzn-requestid: "), "{answer}");
}

#[tokio::test]
async fn answers_in_the_content_type_of_the_protocol() {
    let answer = ask("GetQueueUrl", r#"{"QueueName":"q"}"#).await;
    assert!(
        answer.starts_with("HTTP/1.1 200") && answer.contains("content-type: application/x-amz-json-1.0")
    );
    assert!(answer.ends_with(r#"{"QueueUrl":"http://sqs.test/000000000000/q"}"#), "{answer}");
}

#[tokio::test]
async fn refuses_what_is_not_a_request() {
    for (operation, body, expected) in [
        ("SendMessage", "{", "SerializationException"),
        ("SendMessage", r#"{"QueueUrl":7}"#, "SerializationException"),
        ("SendMessage", "", "MissingRequiredParameterException"),
        ("Nonsense", "{}", "UnknownOperationException"),
    ] {
        let answer = ask(operation, body).await;
        assert!(answer.starts_with("HTTP/1.1 400") && answer.contains(expected), "{answer}");
    }
}

#[tokio::test]
async fn refuses_the_queue_of_another_account() {
    let answer = ask("SendMessage", r#"{"QueueUrl":"http://x/111111111111/q","MessageBody":"x"}"#).await;
    assert!(answer.contains("QueueDoesNotExist"), "{answer}");
}

#[tokio::test]
async fn refuses_a_request_that_is_too_long() {
    let body = format!("{{\"MessageBody\":\"{}\"}}", "x".repeat(9 * 1024 * 1024));
    let server = start(SqsServerOptions::default()).await;
    let mut stream = tokio::net::TcpStream::connect(server.address()).await.unwrap();
    let head = format!("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n", body.len());
    let (mut reader, mut writer) = stream.split();
    let write = async {
        use tokio::io::AsyncWriteExt;
        // The server stops reading, so the rest may meet a closed connection.
        let _ = writer.write_all(head.as_bytes()).await;
        let _ = writer.write_all(body.as_bytes()).await;
    };
    let read = async {
        use tokio::io::AsyncReadExt;
        let mut start = [0; 12];
        reader.read_exact(&mut start).await.unwrap();
        String::from_utf8(start.to_vec()).unwrap()
    };
    let (_, status) = tokio::join!(write, read);
    assert_eq!(status, "HTTP/1.1 413");
}
