//! Deploying and starting.

use super::bpmn::*;
use super::broker::Broker;
use tonic::Code;
use zeebe_proto::deployment::Metadata;
use zeebe_proto::*;

fn processes(answer: &DeployResourceResponse) -> Vec<ProcessMetadata> {
    let metadata = answer.deployments.iter().map(|deployment| deployment.metadata.clone().unwrap());
    metadata.map(|Metadata::Process(process)| process).collect()
}

#[tokio::test]
async fn keys_are_those_of_the_first_partition() {
    let broker = Broker::start().await;
    let answer = broker.deploy(&one_task(&broker.name("p"), "t", "")).await.unwrap();
    assert_eq!(answer.key >> 51, 1);
    assert_eq!(answer.tenant_id, "<default>");
    assert_eq!(processes(&answer)[0].process_definition_key >> 51, 1);
}

#[tokio::test]
async fn the_same_file_keeps_its_version_and_key() {
    let broker = Broker::start().await;
    let id = broker.name("p");
    let first = processes(&broker.deploy_named("a.bpmn", &one_task(&id, "t", "")).await.unwrap());
    let again = processes(&broker.deploy_named("a.bpmn", &one_task(&id, "t", "")).await.unwrap());
    assert_eq!(first, again);
    assert_eq!(first[0].version, 1);
    assert_eq!(first[0].resource_name, "a.bpmn");
}

#[tokio::test]
async fn other_content_or_another_name_is_a_new_version() {
    let broker = Broker::start().await;
    let id = broker.name("p");
    let mut versions = Vec::new();
    for (name, job_type) in [("a.bpmn", "t"), ("b.bpmn", "t"), ("b.bpmn", "u"), ("b.bpmn", "t")] {
        let answer = broker.deploy_named(name, &one_task(&id, job_type, "")).await.unwrap();
        versions.push(processes(&answer)[0].version);
    }
    assert_eq!(versions, [1, 2, 3, 4]);
}

#[tokio::test]
async fn several_files_are_deployed_together_or_not_at_all() {
    let broker = Broker::start().await;
    let (one, two) = (broker.name("one"), broker.name("two"));
    let file = |name: &str, xml: String| Resource { name: name.to_owned(), content: xml.into_bytes() };
    let good = file("one.bpmn", one_task(&one, "t", ""));
    let request = |resources| DeployResourceRequest { resources, ..Default::default() };
    let refused = broker
        .client
        .clone()
        .deploy_resource(request(vec![good.clone(), file("two.bpmn", "<a/>".to_owned())]))
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert_eq!(broker.try_create(&one, -1, "").await.unwrap_err().code(), Code::NotFound);
    let both = request(vec![good, file("two.bpmn", one_task(&two, "t", ""))]);
    let answer = broker.client.clone().deploy_resource(both).await.unwrap().into_inner();
    let ids: Vec<String> = processes(&answer).into_iter().map(|process| process.bpmn_process_id).collect();
    assert_eq!(ids, [one, two]);
}

#[tokio::test]
async fn a_file_that_is_wrong_is_refused_with_its_name_and_element() {
    let broker = Broker::start().await;
    let start_to =
        |element: &str, id: &str| [start(), element.to_owned(), flows(&format!("start {id}"))].concat();
    let catch = |definition: &str| {
        start_to(
            &format!(r#"<bpmn:intermediateCatchEvent id="c">{definition}</bpmn:intermediateCatchEvent>"#),
            "c",
        )
    };
    let message_event = r#"<bpmn:messageEventDefinition messageRef="m"/>"#;
    let cases = [
        ("a.txt", "hello".to_owned(), vec!["'a.txt': unknown resource type"]),
        ("b.bpmn", "hello".to_owned(), vec!["'b.bpmn': ", "Error"]),
        ("c.bpmn", "<a/>".to_owned(), vec!["'c.bpmn': ", "Cannot find the declaration of element 'a'."]),
        (
            "d.bpmn",
            file("p", &task("t", "x", ""), ""),
            vec!["'d.bpmn': - Element: p\n    - ERROR: Must have at least one start event"],
        ),
        (
            "e.bpmn",
            file("p", &start_to("", "nowhere"), ""),
            vec!["'e.bpmn': ", "There is no ID/IDREF binding for IDREF 'nowhere'."],
        ),
        (
            "f.bpmn",
            file("p", &start_to(r#"<bpmn:serviceTask id="t"/>"#, "t"), ""),
            vec!["- Element: t\n    - ERROR: Must have exactly one 'zeebe:taskDefinition' extension element"],
        ),
        (
            "g.bpmn",
            one_task("p", "=1 +", ""),
            vec![
                "- Element: task > extensionElements > taskDefinition\n    - ERROR: failed to parse expression '1 +'",
            ],
        ),
        (
            "h.bpmn",
            one_task("p", "t", &mapping(&[input("=1 +", "a")])),
            vec![
                "- Element: task > extensionElements > ioMapping > input\n    - ERROR: failed to parse expression '1 +'",
            ],
        ),
        (
            "i.bpmn",
            file("p", &catch("<bpmn:messageEventDefinition/>"), ""),
            vec!["- Element: c > messageEventDefinition\n    - ERROR: Must reference a message"],
        ),
        (
            "j.bpmn",
            file("p", &catch(message_event), &message("m", "name", "")),
            vec!["- Element: m\n    - ERROR: Must have exactly one zeebe:subscription extension element"],
        ),
        (
            "k.bpmn",
            file("p", &start_to(r#"<bpmn:complexGateway id="x"/>"#, "x"), ""),
            vec!["- Element: x\n    - ERROR: Elements of type 'ComplexGateway' are currently not supported"],
        ),
        (
            "l.bpmn",
            file("p", r#"<bpmn:startEvent id="a"/><bpmn:startEvent id="b"/>"#, ""),
            vec!["- Element: p\n    - ERROR: Multiple none start events are not allowed"],
        ),
        (
            "m.bpmn",
            file(
                "p",
                &catch(
                    "<bpmn:timerEventDefinition><bpmn:timeDuration>soon</bpmn:timeDuration></bpmn:timerEventDefinition>",
                ),
                "",
            ),
            vec!["- Element: c\n    - ERROR: Invalid timer duration expression"],
        ),
        (
            "n.bpmn",
            file("p", &start(), "").replace("isExecutable=\"true\"", "isExecutable=\"false\""),
            vec!["- Element: definitions\n    - ERROR: Must contain at least one executable process"],
        ),
        (
            "o.bpmn",
            file(
                "p",
                &[
                    start(),
                    end("e"),
                    flow("f", "start", "g", ""),
                    flow("h", "g", "e", "a"),
                    r#"<bpmn:exclusiveGateway id="g" default="i"/>"#.to_owned(),
                    end("e2"),
                    flow("i", "g", "e2", ""),
                ]
                .concat(),
                "",
            ),
            vec![
                "- Element: h > conditionExpression\n    - ERROR: Expected expression but found static value 'a'. An expression must start with '=' (e.g. '=a').",
            ],
        ),
    ];
    for (name, content, texts) in cases {
        let refused = broker.deploy_named(name, &content).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{name}");
        let head = "Command 'CREATE' rejected with code 'INVALID_ARGUMENT': Expected to deploy new resources, but encountered the following errors:\n";
        assert!(refused.message().starts_with(head), "{name}: {}", refused.message());
        for text in texts {
            assert!(refused.message().contains(text), "{name}: {}", refused.message());
        }
    }
}

#[tokio::test]
async fn nothing_to_deploy_is_refused() {
    let broker = Broker::start().await;
    let refused = broker.client.clone().deploy_resource(DeployResourceRequest::default()).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert_eq!(
        refused.message(),
        "Command 'CREATE' rejected with code 'INVALID_ARGUMENT': Expected to deploy at least one resource, but none given"
    );
}

#[tokio::test]
async fn an_instance_is_created_by_id_version_or_key() {
    let broker = Broker::start().await;
    let id = broker.name("p");
    let first = processes(&broker.deploy(&one_task(&id, "t", "")).await.unwrap());
    broker.deploy(&one_task(&id, "u", "")).await.unwrap();
    assert_eq!(broker.try_create(&id, -1, "").await.unwrap().version, 2);
    assert_eq!(broker.try_create(&id, 1, "").await.unwrap().version, 1);
    let by_key = CreateProcessInstanceRequest {
        process_definition_key: first[0].process_definition_key,
        ..Default::default()
    };
    let created = broker.client.clone().create_process_instance(by_key).await.unwrap().into_inner();
    assert_eq!((created.version, created.bpmn_process_id), (1, id));
}

#[tokio::test]
async fn an_unknown_process_is_not_found() {
    let broker = Broker::start().await;
    let id = broker.name("p");
    broker.deploy(&one_task(&id, "t", "")).await.unwrap();
    let expected = [
        (broker.name("none"), -1, format!("process ID '{}'", broker.name("none"))),
        (id.clone(), 9, format!("process ID '{id}' and version '9'")),
        (String::new(), -1, "key '0'".to_owned()),
    ];
    for (id, version, text) in expected {
        let refused = broker.try_create(&id, version, "").await.unwrap_err();
        assert_eq!(refused.code(), Code::NotFound);
        assert_eq!(
            refused.message(),
            format!(
                "Command 'CREATE' rejected with code 'NOT_FOUND': Expected to find process definition with {text}, but none found"
            )
        );
    }
}

#[tokio::test]
async fn a_process_without_a_none_start_cannot_be_created() {
    let broker = Broker::start().await;
    let id = broker.name("p");
    broker.deploy(&message_start(&id, &broker.name("m"), "t")).await.unwrap();
    let refused = broker.try_create(&id, -1, "").await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition, "{}", refused.message());
}

#[tokio::test]
async fn variables_must_be_an_object() {
    let broker = Broker::start().await;
    let id = broker.name("p");
    broker.deploy(&one_task(&id, "t", "")).await.unwrap();
    for (text, kind) in [("[1]", "ARRAY"), ("1", "INTEGER"), ("true", "BOOLEAN")] {
        let refused = broker.try_create(&id, -1, text).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert_eq!(
            refused.message(),
            format!(
                "Property 'variables' is invalid: Expected document to be a root level object, but was '{kind}'"
            )
        );
    }
    assert_eq!(broker.try_create(&id, -1, "{x").await.unwrap_err().code(), Code::InvalidArgument);
    for text in ["", "null", "{}"] {
        broker.try_create(&id, -1, text).await.unwrap();
    }
}

#[tokio::test]
async fn a_result_is_answered_when_the_instance_ends() {
    let broker = Broker::start().await;
    let id = broker.name("p");
    broker.deploy(&file(&id, &[start(), end("end"), flows("start end")].concat(), "")).await.unwrap();
    assert_eq!(broker.run(&id, r#"{"a":1,"b":"x"}"#).await.unwrap(), serde_json::json!({"a": 1, "b": "x"}));
}

#[tokio::test]
async fn a_result_that_does_not_come_is_a_deadline() {
    let broker = Broker::start().await;
    let id = broker.name("p");
    broker.deploy(&one_task(&id, &broker.name("t"), "")).await.unwrap();
    assert_eq!(broker.run(&id, "").await.unwrap_err().code(), Code::DeadlineExceeded);
}

#[tokio::test]
async fn the_topology_has_a_healthy_leader() {
    let broker = Broker::start().await;
    let topology = broker.client.clone().topology(TopologyRequest {}).await.unwrap().into_inner();
    assert_eq!((topology.cluster_size, topology.partitions_count), (1, 1));
    let partition = &topology.brokers[0].partitions[0];
    assert_eq!((partition.partition_id, partition.role, partition.health), (1, 0, 0));
}

#[tokio::test]
async fn a_tenant_is_refused_without_multi_tenancy() {
    let broker = Broker::start().await;
    let id = broker.name("p");
    broker.deploy(&one_task(&id, "t", "")).await.unwrap();
    let request = CreateProcessInstanceRequest {
        bpmn_process_id: id,
        version: -1,
        tenant_id: "other".to_owned(),
        ..Default::default()
    };
    let refused = broker.client.clone().create_process_instance(request).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert_eq!(
        refused.message(),
        "Expected to handle gRPC request CreateProcessInstance with tenant identifier 'other', but multi-tenancy is disabled"
    );
}
