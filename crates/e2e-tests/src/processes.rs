//! The processes of the tests, as templates.

use anyhow::{Context, Result};

const TEMPLATES: &[(&str, &str)] = &[
    ("relay", include_str!("../processes/relay.bpmn")),
    ("waiter", include_str!("../processes/waiter.bpmn")),
    ("message-start", include_str!("../processes/message-start.bpmn")),
    ("send-once", include_str!("../processes/send-once.bpmn")),
    ("outbound", include_str!("../processes/outbound.bpmn")),
];

/// The BPMN of a template with each `@NAME@` replaced by its value; the region is always `us-east-1`.
///
/// # Errors
/// When there is no such template.
pub fn process(template: &str, values: &[(&str, &str)]) -> Result<String> {
    let (_, text) =
        TEMPLATES.iter().find(|(name, _)| *name == template).context("no such process template")?;
    let region = text.replace("@REGION@", "us-east-1");
    Ok(values.iter().fold(region, |text, (name, value)| text.replace(&format!("@{name}@"), value)))
}
