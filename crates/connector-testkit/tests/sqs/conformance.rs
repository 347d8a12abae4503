//! The list of behaviours, and the credentials that it needs.

use connector_testkit::sqs::conformance::{Target, run};
use connector_testkit::sqs::{AccessKey, SqsServerOptions};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behaves_as_amazon_sqs_in_every_check() {
    let credentials = vec![AccessKey::new("test", "test")];
    let server = crate::start(SqsServerOptions { credentials, ..SqsServerOptions::default() }).await;
    let outcomes = run(&Target::new(server.endpoint())).await;
    let deviations: Vec<_> = outcomes.iter().filter(|(_, outcome)| outcome.is_err()).collect();
    assert!(outcomes.len() > 40 && deviations.is_empty(), "{deviations:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn finds_the_deviations_of_a_server_that_checks_nothing() {
    let validation = connector_testkit::sqs::Validation::Off;
    let server = crate::start(SqsServerOptions { validation, ..SqsServerOptions::default() }).await;
    let outcomes = run(&Target::new(server.endpoint())).await;
    let deviates = |name: &str| outcomes.iter().any(|(check, outcome)| *check == name && outcome.is_err());
    for name in ["refuses_wrong_secrets", "refuses_malformed_attributes", "takes_one_mebibyte_and_no_more"] {
        assert!(deviates(name), "{name}");
    }
}
