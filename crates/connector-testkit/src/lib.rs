//! Two servers inside the test process: Amazon SQS ([`sqs`]) and a Zeebe gateway (`gateway`).
//!
//! Both speak the real protocol over a real socket, so real clients are tested, and both can be told
//! to fail: every test of this workspace and the demo stand on them.
//!
//! ```
//! # tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(async {
//! use connector_testkit::sqs::{SqsServer, SqsServerOptions};
//!
//! let server = SqsServer::start(SqsServerOptions::default()).await?;
//! let url = server.create_queue("orders", &[("VisibilityTimeout", "30")])?;
//! assert_eq!(url, format!("{}/000000000000/orders", server.endpoint()));
//! assert_eq!(server.depth("orders").map(|depth| depth.visible), Some(0));
//! server.shutdown().await;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! Invariant: nothing listens on an address that the options do not name; the default is a free loopback port.
//! Invariant: no request is answered from a canned list; state decides, unless a fault plan says otherwise.

#[cfg(feature = "gateway")]
pub mod gateway;
pub mod sqs;
