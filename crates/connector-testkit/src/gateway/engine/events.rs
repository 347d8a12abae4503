//! What elements wait for, and what happens when it comes.

use super::Engine;
use super::flow::{Step, kind_name};
use super::messages::Subscription;
use super::timers::Due;
use crate::gateway::bpmn::{
    MessageTrigger, Node, NodeKind, TimerTrigger, Trigger, Value as Expression, parse_duration,
};
use crate::gateway::inspect::IncidentKind;
use serde_json::{Map, Value};
use std::sync::Arc;
use tokio::time::Instant;

impl Engine {
    /// Opens the boundary events of an activity; `false` after an incident, or when one has interrupted it.
    pub(super) fn open_boundaries(&mut self, element: i64, node: &Node) -> bool {
        for place in &node.boundaries {
            let Some(at) = self.elements.get(&element) else { return false };
            let (scope, boundary) = (at.scope, at.definition.model.node(*place).cloned());
            let Some(boundary) = boundary else { continue };
            let NodeKind::Boundary { trigger, interrupting } = &boundary.kind else { continue };
            // The keys and times of boundary events see the scope around the activity.
            if let Err(reason) = self.open(element, scope, *place, &boundary, trigger, *interrupting) {
                self.raise(element, IncidentKind::ExtractValueError, reason);
                return false;
            }
        }
        self.elements.contains_key(&element)
    }

    /// Opens what a catch event or receive task itself waits for.
    pub(super) fn open_own(&mut self, element: i64, trigger: &Trigger) {
        let Some(node) = self.elements.get(&element).and_then(|at| at.node.clone()) else { return };
        if let Err(reason) = self.open(element, element, usize::MAX, &node, trigger, true) {
            self.raise(element, IncidentKind::ExtractValueError, reason);
        }
    }

    /// Opens one event; `place` is the boundary event's place, or `usize::MAX` for the element itself.
    fn open(
        &mut self,
        element: i64,
        scope: i64,
        place: usize,
        node: &Arc<Node>,
        trigger: &Trigger,
        interrupting: bool,
    ) -> Result<(), String> {
        match trigger {
            Trigger::Error(_) => Ok(()),
            Trigger::Timer(timer) => {
                let at = self.timer_at(timer, scope)?;
                let id = self.timers.add(at, Due::Event { element, node: place });
                if let Some(at) = self.elements.get_mut(&element) {
                    at.timers.push(id);
                }
                Ok(())
            }
            Trigger::Message(message) => {
                let (name, correlation_key) = self.message_names(message, scope)?;
                let Some(at) = self.elements.get(&element) else { return Ok(()) };
                let subscription = Subscription {
                    name,
                    correlation_key,
                    definition: Arc::clone(&at.definition),
                    instance: at.instance,
                    element,
                    node: Arc::clone(node),
                    is_boundary: place != usize::MAX,
                    interrupting,
                };
                self.subscribe(subscription);
                Ok(())
            }
        }
    }

    /// The name and the correlation key that a subscription waits for.
    fn message_names(&self, message: &MessageTrigger, scope: i64) -> Result<(String, String), String> {
        let name = match self.evaluate(&message.name, scope)? {
            Value::String(name) => name,
            other => {
                let (text, kind) = (expression_text(&message.name), kind_name(&other));
                return Err(format!(
                    "Expected result of the expression '{text}' to be 'STRING', but was '{kind}'."
                ));
            }
        };
        let correlation_key = match self.evaluate(&message.correlation_key, scope)? {
            Value::String(key) => key,
            Value::Number(key) => key.to_string(),
            other => {
                let (text, kind) = (expression_text(&message.correlation_key), kind_name(&other));
                return Err(format!(
                    "Failed to extract the correlation key for '{text}': The value must be either a string or a number, but was '{kind}'."
                ));
            }
        };
        Ok((name, correlation_key))
    }

    /// When a timer is due.
    fn timer_at(&self, timer: &TimerTrigger, scope: i64) -> Result<Instant, String> {
        match timer {
            TimerTrigger::Duration(value) => match self.evaluate(value, scope)? {
                Value::String(text) => match parse_duration(&text) {
                    Some(duration) => Ok(self.clock.later(self.clock.now(), duration)),
                    None => Err(format!(
                        "Invalid duration format '{text}' for expression '{}'.",
                        expression_text(value)
                    )),
                },
                other => Err(format!(
                    "Expected result of the expression '{}' to be one of '[DURATION, PERIOD, STRING]', but was '{}'.",
                    expression_text(value),
                    kind_name(&other)
                )),
            },
            TimerTrigger::Date(value) => match self.evaluate(value, scope)? {
                Value::String(text) => match epoch_millis(&text) {
                    Some(millis) => Ok(self.clock.at_epoch_millis(millis)),
                    None => Err(format!(
                        "Invalid date-time format '{text}' for expression '{}'.",
                        expression_text(value)
                    )),
                },
                other => Err(format!(
                    "Expected result of the expression '{}' to be one of '[DATE_TIME, STRING]', but was '{}'.",
                    expression_text(value),
                    kind_name(&other)
                )),
            },
        }
    }

    /// A timer event is due.
    pub(super) fn fire_timer(&mut self, element: i64, place: usize) {
        let Some(at) = self.elements.get(&element) else { return };
        match at.definition.model.node(place).cloned() {
            None => self.complete(element, None),
            Some(boundary) => self.trigger_boundary(element, boundary, Map::new()),
        }
    }

    /// A message has come for a subscription.
    pub(super) fn trigger_subscription(
        &mut self,
        subscription: &Subscription,
        variables: Map<String, Value>,
    ) {
        if subscription.is_boundary {
            self.trigger_boundary(subscription.element, Arc::clone(&subscription.node), variables);
        } else {
            self.complete(subscription.element, Some(variables));
        }
    }

    /// Goes on from a boundary event; an interrupting one ends its activity.
    pub(super) fn trigger_boundary(&mut self, host: i64, boundary: Arc<Node>, variables: Map<String, Value>) {
        let Some(scope) = self.elements.get(&host).map(|element| element.scope) else { return };
        if matches!(boundary.kind, NodeKind::Boundary { interrupting: false, .. }) {
            if let Some(scope) = self.elements.get_mut(&scope) {
                scope.tokens += 1;
            }
        } else {
            // The activity's path goes on from the boundary event.
            self.terminate(host);
        }
        self.steps.push_back(Step { scope, node: boundary, via: None, event_variables: Some(variables) });
    }
}

/// The text of an expression as Zeebe's messages quote it.
pub(super) fn expression_text(value: &Expression) -> &str {
    match value {
        Expression::Literal(text) => text,
        Expression::Feel(expression) => expression.text().trim_start_matches('=').trim(),
    }
}

/// Reads an ISO date and time with an offset or zone.
fn epoch_millis(text: &str) -> Option<i64> {
    let timestamp: Option<jiff::Timestamp> = text.parse().ok();
    let zoned = || text.parse::<jiff::Zoned>().ok().map(|zoned| zoned.timestamp());
    timestamp.or_else(zoned).map(jiff::Timestamp::as_millisecond)
}
