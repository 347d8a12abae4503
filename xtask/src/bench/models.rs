//! The models that the benches run.

/// A process of one task, a hundred times at once; its job type is its id.
pub(super) fn hundred_jobs(id: &str) -> String {
    let task = format!(
        r#"<bpmn:extensionElements><zeebe:taskDefinition type="{id}"/></bpmn:extensionElements>
      <bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements>
        <zeebe:loopCharacteristics inputCollection="=for i in 1..100 return i" inputElement="number"/>
      </bpmn:extensionElements></bpmn:multiInstanceLoopCharacteristics>"#
    );
    definitions(id, "", &task, "")
}

/// A process of one task that sends its order to a queue, as the element template writes it.
pub(super) fn outbound(id: &str, job_type: &str, queue_url: &str) -> String {
    let task = format!(
        r#"<bpmn:extensionElements>
        <zeebe:taskDefinition type="{job_type}" retries="3"/>
        <zeebe:ioMapping>
          <zeebe:input source="credentials" target="authentication.type"/>
          <zeebe:input source="{{{{secrets.AWS_ACCESS_KEY}}}}" target="authentication.accessKey"/>
          <zeebe:input source="{{{{secrets.AWS_SECRET_KEY}}}}" target="authentication.secretKey"/>
          <zeebe:input source="us-east-1" target="configuration.region"/>
          <zeebe:input source="{queue_url}" target="queue.url"/>
          <zeebe:input source="standard" target="queue.type"/>
          <zeebe:input source="={{orderId: order.id, customer: order.customer, total: order.total, items: order.items}}" target="queue.messageBody"/>
          <zeebe:input source="={{customer: {{DataType: &#34;String&#34;, StringValue: order.customer}}}}" target="queue.messageAttributes"/>
        </zeebe:ioMapping>
        <zeebe:taskHeaders>
          <zeebe:header key="resultExpression" value="={{confirmation: response.messageId}}"/>
          <zeebe:header key="retryBackoff" value="PT5S"/>
        </zeebe:taskHeaders>
      </bpmn:extensionElements>"#
    );
    definitions(id, "", &task, "")
}

/// A process that starts with each message of a queue and ends at once.
pub(super) fn inbound(id: &str, message_name: &str, queue_url: &str) -> String {
    let start = format!(
        r#"<bpmn:extensionElements><zeebe:properties>
        <zeebe:property name="inbound.type" value="io.camunda:aws-sqs-inbound:1"/>
        <zeebe:property name="authentication.type" value="credentials"/>
        <zeebe:property name="authentication.accessKey" value="{{{{secrets.AWS_ACCESS_KEY}}}}"/>
        <zeebe:property name="authentication.secretKey" value="{{{{secrets.AWS_SECRET_KEY}}}}"/>
        <zeebe:property name="configuration.region" value="us-east-1"/>
        <zeebe:property name="queue.url" value="{queue_url}"/>
        <zeebe:property name="queue.pollingWaitTime" value="20"/>
        <zeebe:property name="activationCondition" value="=body.total &gt; 0"/>
        <zeebe:property name="consumeUnmatchedEvents" value="true"/>
        <zeebe:property name="correlationKeyExpression" value="=body.orderId"/>
        <zeebe:property name="deduplicationMode" value="AUTO"/>
        <zeebe:property name="resultExpression" value="={{order: body}}"/>
      </zeebe:properties></bpmn:extensionElements>
      <bpmn:messageEventDefinition id="definition" messageRef="message"/>"#
    );
    let message = format!(r#"<bpmn:message id="message" name="{message_name}"/>"#);
    definitions(id, &start, "", &message)
}

/// A process from its start event's, its task's (none without) and its definitions' contents.
fn definitions(id: &str, start: &str, task: &str, others: &str) -> String {
    let steps = if task.is_empty() {
        r#"<bpmn:sequenceFlow id="a" sourceRef="start" targetRef="end"/>"#.to_owned()
    } else {
        format!(
            r#"<bpmn:sequenceFlow id="a" sourceRef="start" targetRef="task"/>
    <bpmn:serviceTask id="task">{task}</bpmn:serviceTask>
    <bpmn:sequenceFlow id="b" sourceRef="task" targetRef="end"/>"#
        )
    };
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="definitions" targetNamespace="http://sqs-connector/bench">
  <bpmn:process id="{id}" isExecutable="true">
    <bpmn:startEvent id="start">{start}</bpmn:startEvent>
    {steps}
    <bpmn:endEvent id="end"/>
  </bpmn:process>
  {others}
</bpmn:definitions>
"#
    )
}
