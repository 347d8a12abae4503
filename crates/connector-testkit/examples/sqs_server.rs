//! Serves SQS until it is killed: `sqs_server [ADDRESS [ACCESS_KEY SECRET]]`, for instance `sqs_server 127.0.0.1:9324`.
//!
//! With a key, every request's signature is verified. Faults: `POST /_testkit/faults`; depths: `GET /_testkit/state`.

use std::error::Error;

use connector_testkit::sqs::{AccessKey, SqsServer, SqsServerOptions};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut options = SqsServerOptions { recorded_requests: 0, ..SqsServerOptions::default() };
    if let Some(address) = arguments.first() {
        options.address = address.parse()?;
    }
    if let [_, key, secret] = arguments.as_slice() {
        options.credentials.push(AccessKey::new(key, secret));
    }
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        let server = SqsServer::start(options).await?;
        println!("{}", server.endpoint());
        std::future::pending::<()>().await;
        Ok(())
    })
}
