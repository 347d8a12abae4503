//! Both servers of the test kit, with the binary under test beside them.

use connector_testkit::{
    gateway::{GatewayServer, GatewayServerOptions},
    sqs::{AccessKey, SqsServer, SqsServerOptions},
};
use e2e_tests::Servers;

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_sqs-connector");

pub(crate) struct World {
    pub(crate) gateway: GatewayServer,
    pub(crate) sqs: SqsServer,
    pub(crate) servers: Servers,
}

impl World {
    /// Servers of which SQS knows only the key pair `test` / `test`.
    pub(crate) async fn start() -> Self {
        let gateway = GatewayServer::start(GatewayServerOptions::default()).await.unwrap();
        let credentials = vec![AccessKey::new("test", "test")];
        let options =
            SqsServerOptions { credentials, create_queues_on_demand: false, ..SqsServerOptions::default() };
        let sqs = SqsServer::start(options).await.unwrap();
        let servers = Servers { zeebe: gateway.address(), sqs: sqs.endpoint(), binary: BINARY.into() };
        Self { gateway, sqs, servers }
    }
}
