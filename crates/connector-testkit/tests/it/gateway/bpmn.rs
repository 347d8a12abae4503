//! Builds BPMN files for the tests.

/// A file with one process and what stands beside it.
pub(super) fn file(process_id: &str, elements: &str, beside: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" targetNamespace="http://bpmn.io/schema/bpmn" id="definitions">
<bpmn:process id="{process_id}" isExecutable="true">{elements}</bpmn:process>{beside}</bpmn:definitions>"#
    )
}

/// Flows along a list of elements: `a b c`.
pub(super) fn flows(path: &str) -> String {
    let ids: Vec<&str> = path.split_whitespace().collect();
    ids.windows(2).map(|pair| flow(&format!("{}-{}", pair[0], pair[1]), pair[0], pair[1], "")).collect()
}

pub(super) fn flow(id: &str, source: &str, target: &str, condition: &str) -> String {
    let condition = match condition {
        "" => String::new(),
        text => format!(
            r#"<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">{text}</bpmn:conditionExpression>"#
        ),
    };
    format!(
        r#"<bpmn:sequenceFlow id="{id}" sourceRef="{source}" targetRef="{target}">{condition}</bpmn:sequenceFlow>"#
    )
}

pub(super) fn start() -> String {
    r#"<bpmn:startEvent id="start"/>"#.to_owned()
}

pub(super) fn end(id: &str) -> String {
    format!(r#"<bpmn:endEvent id="{id}"/>"#)
}

/// A service task; `extensions` stand beside its task definition.
pub(super) fn task(id: &str, job_type: &str, extensions: &str) -> String {
    format!(
        r#"<bpmn:serviceTask id="{id}"><bpmn:extensionElements><zeebe:taskDefinition type="{job_type}"/>{extensions}</bpmn:extensionElements></bpmn:serviceTask>"#
    )
}

pub(super) fn input(source: &str, target: &str) -> String {
    format!(r#"<zeebe:input source="{source}" target="{target}"/>"#)
}

pub(super) fn output(source: &str, target: &str) -> String {
    format!(r#"<zeebe:output source="{source}" target="{target}"/>"#)
}

pub(super) fn mapping(mappings: &[String]) -> String {
    format!("<zeebe:ioMapping>{}</zeebe:ioMapping>", mappings.concat())
}

/// The elements by which an element names the flows that leave it.
pub(super) fn outgoing(flows: &[&str]) -> String {
    flows.iter().map(|flow| format!("<bpmn:outgoing>{flow}</bpmn:outgoing>")).collect()
}

/// A message with the expression of its correlation key; none for start events.
pub(super) fn message(id: &str, name: &str, key: &str) -> String {
    let subscription = match key {
        "" => String::new(),
        key => format!(
            r#"<bpmn:extensionElements><zeebe:subscription correlationKey="{key}"/></bpmn:extensionElements>"#
        ),
    };
    format!(r#"<bpmn:message id="{id}" name="{name}">{subscription}</bpmn:message>"#)
}

/// `start → task → end`.
pub(super) fn one_task(process_id: &str, job_type: &str, extensions: &str) -> String {
    let elements =
        [start(), task("task", job_type, extensions), end("end"), flows("start task end")].concat();
    file(process_id, &elements, "")
}

/// `message start → task → end`.
pub(super) fn message_start(process_id: &str, message_name: &str, job_type: &str) -> String {
    let start =
        r#"<bpmn:startEvent id="start"><bpmn:messageEventDefinition messageRef="m"/></bpmn:startEvent>"#;
    let elements =
        [start.to_owned(), task("task", job_type, ""), end("end"), flows("start task end")].concat();
    file(process_id, &elements, &message("m", message_name, ""))
}

/// `start → catch → task → end`, with the correlation key `=key`.
pub(super) fn message_catch(process_id: &str, message_name: &str, job_type: &str) -> String {
    let catch = r#"<bpmn:intermediateCatchEvent id="catch"><bpmn:messageEventDefinition messageRef="m"/></bpmn:intermediateCatchEvent>"#;
    let elements =
        [start(), catch.to_owned(), task("task", job_type, ""), end("end"), flows("start catch task end")]
            .concat();
    file(process_id, &elements, &message("m", message_name, "=key"))
}
