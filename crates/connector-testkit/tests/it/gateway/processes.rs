//! How processes run: mappings, gateways, sub-processes, errors, timers.

use super::bpmn::*;
use super::broker::{Broker, pass, variables};
use serde_json::json;
use tonic::Code;

/// A broker with one process deployed, whose id is the name.
async fn with(elements: impl Fn(&str) -> String) -> (Broker, String) {
    let broker = Broker::start().await;
    let name = broker.name("p");
    broker.deploy(&file(&name, &elements(&name), "")).await.unwrap();
    (broker, name)
}

/// An error boundary event.
fn error_boundary(id: &str, attached_to: &str, error: &str, target: &str) -> String {
    format!(
        r#"<bpmn:boundaryEvent id="{id}" attachedToRef="{attached_to}">{}<bpmn:errorEventDefinition {error}/></bpmn:boundaryEvent>"#,
        outgoing(&[&format!("{id}-{target}")])
    )
}

#[tokio::test]
async fn inputs_are_local_literals_are_text_and_later_ones_see_earlier_ones() {
    let inputs = mapping(&[
        input("5", "n"),
        input("=x", "xx"),
        input("=xx + 1", "more"),
        input("=[1,2]", "a.b.c"),
        input("lit", "a.b.d"),
        input("=missing", "mis"),
        input("true", "b"),
        input("=a", "aa"),
    ]);
    let (broker, name) = with(|name| {
        [
            start(),
            task("task", name, &inputs),
            task("next", &format!("{name}-next"), ""),
            end("end"),
            flows("start task next end"),
        ]
        .concat()
    })
    .await;
    broker.create(&name, r#"{"x":1,"a":{"z":1}}"#).await;
    let job = broker.job(&name).await;
    let built = json!({"b": {"c": [1, 2], "d": "lit"}});
    assert_eq!(
        variables(&job),
        json!({"n": "5", "xx": 1, "more": 2, "a": built, "mis": null, "b": "true", "aa": built, "x": 1})
    );
    broker.complete(job.key, r#"{"xx":9,"out":2}"#).await.unwrap();
    let next = broker.job(&format!("{name}-next")).await;
    assert_eq!(variables(&next), json!({"x": 1, "a": {"z": 1}, "out": 2}));
}

#[tokio::test]
async fn outputs_choose_what_a_job_leaves_and_extend_what_is_there() {
    let outputs = mapping(&[output("=res", "out"), output("=res", "p.new"), output("=res", "q.r")]);
    let (broker, name) =
        with(|name| [start(), task("task", name, &outputs), end("end"), flows("start task end")].concat())
            .await;
    let client = async { broker.run(&name, r#"{"p":{"q":1}}"#).await.unwrap() };
    let worker = async {
        let job = broker.job(&name).await;
        broker.complete(job.key, r#"{"res":7,"other":3}"#).await.unwrap();
    };
    let (result, ()) = tokio::join!(client, worker);
    assert_eq!(result, json!({"p": {"q": 1, "new": 7}, "out": 7, "q": {"r": 7}}));
}

#[tokio::test]
async fn an_exclusive_gateway_takes_the_last_true_flow_of_the_file_else_the_default() {
    let (broker, name) = with(|_| {
        let pass = |id: &str| {
            let outputs = mapping(&[output(&format!("=&quot;{id}&quot;"), "way")]);
            format!(r#"<bpmn:endEvent id="{id}"><bpmn:extensionElements>{outputs}</bpmn:extensionElements></bpmn:endEvent>"#)
        };
        [
            start(),
            format!(
                r#"<bpmn:exclusiveGateway id="gate" default="default">{}</bpmn:exclusiveGateway>"#,
                outgoing(&["default", "big", "middle"])
            ),
            flows("start gate"),
            flow("default", "gate", "otherwise", ""),
            flow("middle", "gate", "medium", "=n &gt; 5"),
            flow("big", "gate", "large", "=n &gt; 10"),
            pass("otherwise"),
            pass("large"),
            pass("medium"),
        ]
        .concat()
    })
    .await;
    for (n, way) in [(1, "otherwise"), (7, "medium"), (11, "large")] {
        assert_eq!(broker.run(&name, &format!(r#"{{"n":{n}}}"#)).await.unwrap()["way"], json!(way));
    }
}

#[tokio::test]
async fn a_parallel_gateway_forks_and_joins() {
    let (broker, name) = with(|name| {
        [
            start(),
            r#"<bpmn:parallelGateway id="fork"/><bpmn:parallelGateway id="join"/>"#.to_owned(),
            task("a", &format!("{name}-a"), ""),
            task("b", &format!("{name}-b"), ""),
            task("after", name, ""),
            end("end"),
            flows("start fork a join after end"),
            flows("fork b join"),
        ]
        .concat()
    })
    .await;
    broker.create(&name, "").await;
    let a = broker.job(&format!("{name}-a")).await;
    let b = broker.job(&format!("{name}-b")).await;
    broker.complete(b.key, r#"{"b":1}"#).await.unwrap();
    broker.no_job(&name).await;
    broker.complete(a.key, r#"{"a":1}"#).await.unwrap();
    assert_eq!(variables(&broker.job(&name).await), json!({"a": 1, "b": 1}));
}

#[tokio::test]
async fn several_outgoing_flows_are_paths_of_their_own() {
    let (broker, name) = with(|name| {
        [start(), task("a", name, ""), task("b", name, ""), flows("start a"), flows("start b")].concat()
    })
    .await;
    let client = async { broker.run(&name, "").await.unwrap() };
    let worker = async {
        let mut jobs = Vec::new();
        while jobs.len() < 2 {
            jobs.extend(broker.jobs(&name, 2).await);
        }
        for job in jobs {
            broker.complete(job.key, &format!(r#"{{"{}":1}}"#, job.element_id)).await.unwrap();
        }
    };
    let (result, ()) = tokio::join!(client, worker);
    assert_eq!(result, json!({"a": 1, "b": 1}));
}

#[tokio::test]
async fn a_thrown_error_goes_to_the_boundary_event_with_its_code_else_to_the_one_for_all() {
    let broker = Broker::start().await;
    let name = broker.name("p");
    let elements = [
        start(),
        task("task", &name, ""),
        error_boundary("any", "task", "", "rest"),
        error_boundary("mine", "task", r#"errorRef="e""#, "handle"),
        task("handle", &format!("{name}-after"), ""),
        task("rest", &format!("{name}-after"), ""),
        end("end"),
        flows("start task end"),
        flows("mine handle end"),
        flows("any rest end"),
    ]
    .concat();
    broker.deploy(&file(&name, &elements, r#"<bpmn:error id="e" errorCode="MINE"/>"#)).await.unwrap();
    for (code, element) in [("MINE", "handle"), ("OTHER", "rest")] {
        broker.create(&name, r#"{"x":1}"#).await;
        let job = broker.job(&name).await;
        broker.throw(job.key, code, r#"{"why":"x"}"#).await.unwrap();
        let after = broker.job(&format!("{name}-after")).await;
        assert_eq!((after.element_id.as_str(), variables(&after)), (element, json!({"x": 1})));
    }
}

#[tokio::test]
async fn the_variables_of_an_error_need_an_output_mapping() {
    let broker = Broker::start().await;
    let name = broker.name("p");
    let mapped = format!(
        "<bpmn:extensionElements>{}</bpmn:extensionElements><bpmn:outgoing>",
        mapping(&[output("=why", "reason")])
    );
    let elements = [
        start(),
        task("task", &name, ""),
        error_boundary("any", "task", "", "handle").replace("<bpmn:outgoing>", &mapped),
        task("handle", &format!("{name}-handle"), ""),
        end("end"),
        flows("start task end"),
        flows("any handle end"),
    ]
    .concat();
    broker.deploy(&file(&name, &elements, "")).await.unwrap();
    broker.create(&name, r#"{"x":1}"#).await;
    let job = broker.job(&name).await;
    broker.throw(job.key, "ANY", r#"{"why":"w","x":2}"#).await.unwrap();
    assert_eq!(variables(&broker.job(&format!("{name}-handle")).await), json!({"x": 1, "reason": "w"}));
}

#[tokio::test]
async fn a_sub_process_runs_and_its_variables_go_on() {
    let (broker, name) = with(|name| {
        let inner = [
            r#"<bpmn:startEvent id="inner-start"/>"#.to_owned(),
            task("inner", name, ""),
            end("inner-end"),
            flows("inner-start inner inner-end"),
        ]
        .concat();
        [
            start(),
            format!(r#"<bpmn:subProcess id="sub">{inner}</bpmn:subProcess>"#),
            end("end"),
            flows("start sub end"),
        ]
        .concat()
    })
    .await;
    let client = async { broker.run(&name, r#"{"a":1}"#).await.unwrap() };
    let worker = async {
        let job = broker.job(&name).await;
        broker.complete(job.key, r#"{"b":2}"#).await.unwrap();
    };
    let (result, ()) = tokio::join!(client, worker);
    assert_eq!(result, json!({"a": 1, "b": 2}));
}

/// A sub-process around a task and an error end event, with an error boundary event on the sub-process.
fn failing_sub_process(name: &str) -> String {
    let inner = [
        r#"<bpmn:startEvent id="inner-start"/>"#.to_owned(),
        task("inner", name, ""),
        r#"<bpmn:endEvent id="inner-end"><bpmn:errorEventDefinition errorRef="e"/></bpmn:endEvent>"#
            .to_owned(),
        flows("inner-start inner inner-end"),
    ]
    .concat();
    let elements = [
        start(),
        format!(r#"<bpmn:subProcess id="sub">{inner}</bpmn:subProcess>"#),
        error_boundary("caught", "sub", r#"errorRef="e""#, "handle"),
        task("handle", &format!("{name}-handle"), ""),
        end("end"),
        flows("start sub end"),
        flows("caught handle end"),
    ]
    .concat();
    file(name, &elements, r#"<bpmn:error id="e" errorCode="BAD"/>"#)
}

#[tokio::test]
async fn an_error_end_event_is_caught_around_the_sub_process() {
    let broker = Broker::start().await;
    let name = broker.name("p");
    broker.deploy(&failing_sub_process(&name)).await.unwrap();
    broker.create(&name, "").await;
    let job = broker.job(&name).await;
    broker.complete(job.key, r#"{"a":1}"#).await.unwrap();
    assert_eq!(variables(&broker.job(&format!("{name}-handle")).await), json!({"a": 1}));
}

#[tokio::test]
async fn an_error_of_a_job_is_caught_around_the_sub_process() {
    let broker = Broker::start().await;
    let name = broker.name("p");
    broker.deploy(&failing_sub_process(&name)).await.unwrap();
    broker.create(&name, "").await;
    let job = broker.job(&name).await;
    broker.throw(job.key, "BAD", r#"{"why":"x"}"#).await.unwrap();
    assert_eq!(broker.job(&format!("{name}-handle")).await.element_id, "handle");
    assert_eq!(broker.complete(job.key, "").await.unwrap_err().code(), Code::NotFound);
}

/// `start → timer → task → end`; the timer's definition is given.
fn waiting(definition: &str, job_type: &str) -> String {
    let timer = format!(
        r#"<bpmn:intermediateCatchEvent id="timer"><bpmn:timerEventDefinition>{definition}</bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>"#
    );
    [start(), timer, task("task", job_type, ""), end("end"), flows("start timer task end")].concat()
}

#[tokio::test]
async fn a_timer_waits_for_its_duration() {
    let (broker, name) = with(|name| waiting("<bpmn:timeDuration>=wait</bpmn:timeDuration>", name)).await;
    broker.create(&name, r#"{"wait":"PT1H"}"#).await;
    let soon = broker.create(&name, r#"{"wait":"PT0.5S"}"#).await;
    assert_eq!(broker.job(&name).await.process_instance_key, soon);
    broker.no_job(&name).await;
}

#[tokio::test]
async fn a_timer_waits_for_its_date() {
    let (broker, name) = with(|name| waiting("<bpmn:timeDate>=at</bpmn:timeDate>", name)).await;
    broker.create(&name, r#"{"at":"2100-01-01T00:00:00+01:00"}"#).await;
    let past = broker.create(&name, r#"{"at":"2020-01-01T00:00:00Z"}"#).await;
    assert_eq!(broker.job(&name).await.process_instance_key, past);
    broker.no_job(&name).await;
}

#[tokio::test]
async fn a_timer_boundary_event_ends_a_slow_task() {
    let (broker, name) = with(|name| {
        let timer = r#"<bpmn:boundaryEvent id="late" attachedToRef="task"><bpmn:outgoing>late-after</bpmn:outgoing><bpmn:timerEventDefinition><bpmn:timeDuration>PT0.3S</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:boundaryEvent>"#;
        [
            start(),
            task("task", name, ""),
            timer.to_owned(),
            task("after", &format!("{name}-after"), ""),
            end("end"),
            flows("start task end"),
            flows("late after end"),
        ]
        .concat()
    })
    .await;
    broker.create(&name, "").await;
    let job = broker.job(&name).await;
    pass(500).await;
    broker.job(&format!("{name}-after")).await;
    assert_eq!(broker.complete(job.key, "").await.unwrap_err().code(), Code::NotFound);
}

#[tokio::test]
async fn a_terminate_end_event_ends_the_other_paths() {
    let (broker, name) = with(|name| {
        let end = r#"<bpmn:endEvent id="end"><bpmn:terminateEventDefinition/></bpmn:endEvent>"#;
        [
            start(),
            task("a", name, ""),
            task("b", &format!("{name}-b"), ""),
            end.to_owned(),
            flows("start a end"),
            flows("start b"),
        ]
        .concat()
    })
    .await;
    broker.create(&name, "").await;
    let a = broker.job(&name).await;
    let b = broker.job(&format!("{name}-b")).await;
    broker.complete(a.key, "").await.unwrap();
    pass(200).await;
    assert_eq!(broker.complete(b.key, "").await.unwrap_err().code(), Code::NotFound);
}
