//! What is found in BPMN files, and what is said about elements that cannot work.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use connector_bpmn::{BpmnError, CorrelationPoint, ElementType, FindingCode, ProcessModel, inspect};
use proptest::prelude::*;

const TYPE: &str = r#"<zeebe:property name="inbound.type" value="io.camunda:aws-sqs-inbound:1"/>"#;
const KEY: &str = r#"<zeebe:property name="correlationKeyExpression" value="=body.id"/>"#;
const MESSAGE: &str = r#"<bpmn:message id="m" name="order"><bpmn:extensionElements>
    <zeebe:subscription correlationKey="=orderId"/></bpmn:extensionElements></bpmn:message>"#;

fn definitions(content: &str) -> String {
    format!(
        r#"<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
            xmlns:zeebe="http://camunda.org/schema/zeebe/1.0">{content}</bpmn:definitions>"#
    )
}

fn process(elements: &str) -> ProcessModel {
    let mut models =
        inspect(&definitions(&format!(r#"<bpmn:process id="p">{elements}</bpmn:process>{MESSAGE}"#)))
            .unwrap();
    assert_eq!(models.len(), 1);
    models.remove(0)
}

fn element(tag: &str, id: &str, properties: &str, content: &str) -> String {
    format!(
        r#"<bpmn:{tag} id="{id}"><bpmn:extensionElements><zeebe:properties>{properties}</zeebe:properties>
        </bpmn:extensionElements>{content}</bpmn:{tag}>"#
    )
}

fn message_event(tag: &str, id: &str) -> String {
    element(tag, id, &format!("{TYPE}{KEY}"), r#"<bpmn:messageEventDefinition messageRef="m"/>"#)
}

/// The only finding of the only, invalid, element.
fn invalid(elements: &str) -> (FindingCode, String) {
    let mut model = process(elements);
    assert_eq!(model.inbound.len(), 1, "{model:?}");
    let invalid = model.inbound.remove(0).unwrap_err();
    (invalid.finding.code, invalid.finding.message)
}

#[test]
fn tells_the_correlation_point_of_every_kind_of_element() {
    let receive = format!(
        r#"<bpmn:receiveTask id="receive" messageRef="m"><bpmn:extensionElements><zeebe:properties>{TYPE}{KEY}
        </zeebe:properties></bpmn:extensionElements></bpmn:receiveTask>"#
    );
    let boundary = message_event("boundaryEvent", "boundary")
        .replace(r#"id="boundary""#, r#"id="boundary" attachedToRef="task""#);
    let model = process(&format!(
        "{}{}{}{boundary}{receive}",
        element("startEvent", "start", TYPE, "<bpmn:timerEventDefinition/>"),
        message_event("startEvent", "message_start"),
        message_event("intermediateCatchEvent", "catch"),
    ));
    let (name, key) = (Some("order".to_owned()), Some("=orderId".to_owned()));
    let message = |attached_to: Option<&str>| CorrelationPoint::Message {
        message_name: name.clone(),
        subscription_key: key.clone(),
        attached_to: attached_to.map(str::to_owned),
    };
    let expected = [
        ("start", ElementType::StartEvent, CorrelationPoint::StartEvent),
        (
            "message_start",
            ElementType::StartEvent,
            CorrelationPoint::MessageStartEvent { message_name: name.clone(), subscription_key: key.clone() },
        ),
        ("catch", ElementType::IntermediateCatchEvent, message(None)),
        ("boundary", ElementType::BoundaryEvent, message(Some("task"))),
        ("receive", ElementType::ReceiveTask, message(None)),
    ];
    assert_eq!(model.inbound.len(), expected.len());
    for (found, (id, kind, point)) in model.inbound.into_iter().zip(expected) {
        let found = found.unwrap();
        assert_eq!(
            (found.element_id.as_str(), found.element_type, found.correlation_point),
            (id, kind, point)
        );
    }
}

#[test]
fn looks_into_all_kinds_of_embedded_sub_processes_but_not_into_called_ones() {
    let inner = message_event("intermediateCatchEvent", "inner");
    for container in ["subProcess", "transaction", "adHocSubProcess"] {
        let nested = format!(
            "<bpmn:subProcess id=\"outer\"><bpmn:{container} id=\"c\">{inner}</bpmn:{container}></bpmn:subProcess>"
        );
        assert_eq!(process(&nested).inbound.len(), 1, "{container}");
    }
    assert!(process(&format!(r#"<bpmn:callActivity id="c">{inner}</bpmn:callActivity>"#)).inbound.is_empty());
}

#[test]
fn treats_an_empty_value_as_absent_and_keeps_white_space() {
    let properties = format!(
        r#"{TYPE}<zeebe:property name="a" value=""/><zeebe:property name="b" value="  "/><zeebe:property name="c"/>"#
    );
    let model = process(&element("startEvent", "s", &properties, ""));
    let element = model.inbound[0].as_ref().unwrap();
    assert_eq!(
        (element.property("a"), element.property("b"), element.property("c")),
        (None, Some("  "), None)
    );
    let no_type = element_without_type();
    assert!(process(&no_type).inbound.is_empty());
}

fn element_without_type() -> String {
    element("startEvent", "s", r#"<zeebe:property name="inbound.type" value=""/>"#, "")
}

#[test]
fn the_first_of_two_equal_properties_counts_and_the_second_is_a_finding() {
    let properties =
        format!("{TYPE}<zeebe:property name=\"x\" value=\"1\"/>\n<zeebe:property name=\"x\" value=\"2\"/>");
    let model = process(&element("startEvent", "s", &properties, ""));
    assert_eq!(model.inbound[0].as_ref().unwrap().property("x"), Some("1"));
    assert_eq!(model.findings.len(), 1);
    assert_eq!(model.findings[0].code, FindingCode::DuplicateProperty);
    assert_eq!((model.findings[0].position.line, model.findings[0].position.column), (3, 1));
}

#[test]
fn says_what_is_wrong_with_an_element_that_cannot_work() {
    let properties = format!("{TYPE}{KEY}");
    let definition = r#"<bpmn:messageEventDefinition messageRef="m"/>"#;
    for (elements, code) in [
        (element("intermediateCatchEvent", "c", &properties, ""), FindingCode::MissingEventDefinition),
        (
            element("boundaryEvent", "c", &properties, "<bpmn:timerEventDefinition/>"),
            FindingCode::NotAMessageEvent,
        ),
        (
            element("intermediateCatchEvent", "c", &properties, "<bpmn:messageEventDefinition/>"),
            FindingCode::MissingMessage,
        ),
        (
            element("startEvent", "c", &properties, r#"<bpmn:messageEventDefinition messageRef="other"/>"#),
            FindingCode::MissingMessage,
        ),
        (element("receiveTask", "c", &properties, ""), FindingCode::MissingMessage),
        (element("intermediateCatchEvent", "c", TYPE, definition), FindingCode::MissingCorrelationKey),
        (element("startEvent", "", TYPE, ""), FindingCode::MissingId),
        (element("startEvent", "c", TYPE, r#"<bpmn:x id="c"/>"#), FindingCode::DuplicateId),
    ] {
        let (found, message) = invalid(&elements);
        assert_eq!(found, code, "{message}");
        assert!(!message.is_empty());
    }
}

#[test]
fn an_invalid_element_leaves_its_neighbours_alone() {
    let bad = element("receiveTask", "bad", &format!("{TYPE}{KEY}"), "");
    let model = process(&format!("{bad}{}", message_event("intermediateCatchEvent", "good")));
    let ids: Vec<_> = model
        .inbound
        .iter()
        .map(|found| {
            found
                .as_ref()
                .map_or_else(|bad| format!("invalid {}", bad.element_id), |ok| ok.element_id.clone())
        })
        .collect();
    assert_eq!(ids, ["invalid bad", "good"]);
}

#[test]
fn a_connector_on_an_element_that_cannot_carry_one_is_a_finding() {
    let model = process(&element("serviceTask", "s", TYPE, ""));
    assert!(model.inbound.is_empty());
    assert_eq!(model.findings[0].code, FindingCode::NotEligible);
}

#[test]
fn an_unnamed_message_is_a_finding_but_the_element_stays() {
    let xml = definitions(&format!(
        r#"<bpmn:process id="p">{}</bpmn:process><bpmn:message id="m"/>"#,
        message_event("startEvent", "s")
    ));
    let model = inspect(&xml).unwrap().remove(0);
    assert_eq!(model.inbound[0].as_ref().unwrap().correlation_point.message_name(), None);
    assert_eq!(model.findings[0].code, FindingCode::MissingMessageName);
}

#[test]
fn reads_outbound_tasks_with_their_input_sources_and_template() {
    let model = process(
        r#"<bpmn:serviceTask id="send" name="Send" zeebe:modelerTemplate="t" zeebe:modelerTemplateVersion="13">
        <bpmn:extensionElements><zeebe:taskDefinition type="io.camunda:aws-sqs:1" retries="3"/>
        <zeebe:ioMapping><zeebe:input source="{{secrets.KEY}}" target="authentication.accessKey"/>
        <zeebe:output source="=x" target="y"/></zeebe:ioMapping>
        <zeebe:taskHeaders><zeebe:header key="resultVariable" value="res"/></zeebe:taskHeaders>
        </bpmn:extensionElements></bpmn:serviceTask><bpmn:userTask id="u"/>"#,
    );
    assert_eq!(model.outbound_tasks.len(), 1);
    let task = &model.outbound_tasks[0];
    assert_eq!((task.job_type.as_str(), task.element_type.as_str()), ("io.camunda:aws-sqs:1", "serviceTask"));
    assert_eq!((task.inputs[0].source.as_str(), task.inputs.len()), ("{{secrets.KEY}}", 1));
    assert_eq!(task.headers, [("resultVariable".to_owned(), "res".to_owned())]);
    assert_eq!(task.template.as_ref().unwrap().version.as_deref(), Some("13"));
}

#[test]
fn reads_all_processes_of_a_file() {
    let xml = definitions(
        r#"<bpmn:process id="a" name="A"/><bpmn:process id="b" isExecutable="false"/><bpmn:process/>"#,
    );
    let models = inspect(&xml).unwrap();
    let found: Vec<_> =
        models.iter().map(|model| (model.bpmn_process_id.as_str(), model.name.as_deref())).collect();
    assert_eq!(found, [("a", Some("A")), ("b", None)]);
}

#[test]
fn refuses_what_is_no_bpmn() {
    for (xml, code) in [
        ("", "bpmn-not-xml"),
        ("<a>", "bpmn-not-xml"),
        ("<definitions/>", "bpmn-not-bpmn"),
        ("<!DOCTYPE x [<!ENTITY a \"b\">]><x/>", "bpmn-not-xml"),
    ] {
        assert_eq!(inspect(xml).unwrap_err().code(), code, "{xml}");
    }
    let deep = format!("{}{}", "<bpmn:subProcess>".repeat(300), "</bpmn:subProcess>".repeat(300));
    let xml = definitions(&format!(r#"<bpmn:process id="p">{deep}</bpmn:process>"#));
    assert!(matches!(inspect(&xml), Err(BpmnError::TooDeep { .. })));
    let long = " ".repeat(connector_bpmn::MAX_BYTES + 1);
    assert!(matches!(inspect(&long), Err(BpmnError::TooLarge { .. })));
}

proptest! {
    #[test]
    fn any_text_gives_an_answer(text in ".*") {
        let _ = inspect(&text);
    }

    #[test]
    fn damaged_files_give_an_answer(at in any::<prop::sample::Index>(), length in 0_usize..20, text in "[<>/\"'=&;!\\[\\]a-z:]{0,8}") {
        let whole = definitions(&format!(
            r#"<bpmn:process id="p">{}{}</bpmn:process>{MESSAGE}"#,
            message_event("intermediateCatchEvent", "c"),
            element("startEvent", "s", TYPE, "")
        ));
        let start = at.index(whole.len());
        let end = (start + length).min(whole.len());
        let damaged = format!("{}{text}{}", whole.get(..start).unwrap_or(""), whole.get(end..).unwrap_or(""));
        let _ = inspect(&damaged);
    }
}
