//! Which elements share a consumer.
//!
//! Elements of one process and tenant share a consumer by `deduplicationMode`: `MANUAL` by their `deduplicationId`,
//! `AUTO` by equal connection properties, old templates without a mode not at all.
//! Source: connector-behaviour of the reference's grouping; the id of `AUTO` is SHA-256 over names and values.

use crate::DeployedElement;
use connector_binding::inbound::{Deduplication, ElementProperties, is_runtime_property};
use connector_bpmn::CorrelationPoint;
use connector_feel::FeelEngine;
use sha2::{Digest as _, Sha256};
use std::{collections::BTreeMap, fmt::Write as _};

/// An element with its runtime-level properties read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The element.
    pub deployed: DeployedElement,
    /// What it does with a message.
    pub properties: ElementProperties,
}

impl Member {
    /// The id of the element in the BPMN.
    pub fn element_id(&self) -> &str {
        &self.deployed.element.element_id
    }
}

/// Elements that share a consumer; at least one, all with equal connector type and connection properties.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    id: String,
    deduplication_id: String,
    first: Member,
    others: Vec<Member>,
}

impl Group {
    /// The id of the group's consumer: lower-case hexadecimal SHA-256.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The text that [`Group::id`] is the digest of.
    pub fn deduplication_id(&self) -> &str {
        &self.deduplication_id
    }

    /// The element whose properties the consumer is bound from.
    pub fn first(&self) -> &Member {
        &self.first
    }

    /// All elements.
    pub fn members(&self) -> impl Iterator<Item = &Member> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// The connector type of all elements.
    pub fn connector_type(&self) -> &str {
        &self.first.deployed.element.connector_type
    }

    /// True when the consumer of one can go on as the consumer of the other: same id and same connector properties.
    pub fn can_swap_to(&self, other: &Self) -> bool {
        self.id == other.id
            && self.connector_type() == other.connector_type()
            && connector_properties(&self.first) == connector_properties(&other.first)
    }
}

/// Elements that cannot be consumed for, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidGroup {
    /// The id under which they are listed.
    pub id: String,
    /// The elements.
    pub elements: Vec<DeployedElement>,
    /// What is wrong and what to do.
    pub reason: String,
}

/// All elements of a process, sorted into consumers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grouping {
    /// The groups that a consumer can be started for, in the order of their first elements.
    pub groups: Vec<Group>,
    /// What no consumer can be started for.
    pub invalid: Vec<InvalidGroup>,
}

/// Sorts the elements of all active versions into groups.
///
/// Start points count for the highest version of each process and tenant only; the others are left out.
pub fn group(elements: Vec<DeployedElement>, feel: &FeelEngine) -> Grouping {
    let mut grouping = Grouping::default();
    let mut waiting: Vec<(String, Vec<Member>)> = Vec::new();
    for deployed in without_old_starts(elements) {
        match member(deployed, feel) {
            Err(invalid) => grouping.invalid.push(invalid),
            Ok((id, member)) => match waiting.iter_mut().find(|(known, _)| *known == id) {
                Some((_, members)) => members.push(member),
                None => waiting.push((id, vec![member])),
            },
        }
    }
    for (deduplication_id, members) in waiting {
        match checked(deduplication_id, members) {
            Ok(group) => grouping.groups.extend(group),
            Err(invalid) => grouping.invalid.push(invalid),
        }
    }
    grouping
}

fn without_old_starts(elements: Vec<DeployedElement>) -> Vec<DeployedElement> {
    let mut latest = BTreeMap::new();
    for deployed in &elements {
        let process = &deployed.process;
        let version = latest.entry((process.bpmn_process_id.clone(), process.tenant_id.clone())).or_insert(0);
        *version = process.version.max(*version);
    }
    let is_current = |deployed: &DeployedElement| {
        let key = (deployed.process.bpmn_process_id.clone(), deployed.process.tenant_id.clone());
        !deployed.element.correlation_point.is_start() || latest.get(&key) == Some(&deployed.process.version)
    };
    elements.into_iter().filter(is_current).collect()
}

fn member(deployed: DeployedElement, feel: &FeelEngine) -> Result<(String, Member), InvalidGroup> {
    let publishes = deployed.element.correlation_point != CorrelationPoint::StartEvent;
    let read = ElementProperties::parse(&deployed.element.properties, publishes, feel)
        .map_err(|error| error.to_string())
        .and_then(|properties| Ok((deduplication_id(&deployed, &properties)?, properties)));
    match read {
        Ok((id, properties)) => Ok((id, Member { deployed, properties })),
        Err(reason) => {
            Err(InvalidGroup { id: digest(&element_id(&deployed)), elements: vec![deployed], reason })
        }
    }
}

fn deduplication_id(deployed: &DeployedElement, properties: &ElementProperties) -> Result<String, String> {
    let process = &deployed.process;
    let shared = encode([process.tenant_id.as_str(), process.bpmn_process_id.as_str()]);
    match &properties.deduplication {
        Deduplication::Element => Ok(element_id(deployed)),
        Deduplication::Manual(id) => Ok(format!("{shared}-{id}")),
        Deduplication::Auto => {
            let relevant = relevant(deployed);
            if relevant.is_empty() {
                return Err(
                    "Missing deduplication properties, expected at least one property to compute deduplicationId"
                        .to_owned(),
                );
            }
            let text = encode(relevant.iter().flat_map(|(name, value)| [*name, *value]));
            Ok(format!("{shared}-{}", digest(&text)))
        }
    }
}

fn element_id(deployed: &DeployedElement) -> String {
    let process = &deployed.process;
    let key = process.process_definition_key.to_string();
    encode([process.tenant_id.as_str(), &key, &deployed.element.element_id])
}

/// Each part with its length before it, so that different parts never give the same text.
fn encode<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut text = String::new();
    for part in parts {
        let _ = write!(text, "{}:{part}", part.len());
    }
    text
}

fn digest(text: &str) -> String {
    Sha256::digest(text).iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// The properties that the connector reads, by name.
fn relevant(deployed: &DeployedElement) -> BTreeMap<&str, &str> {
    let properties = deployed.element.properties.iter();
    properties
        .filter(|(name, _)| !is_runtime_property(name))
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect()
}

fn connector_properties(member: &Member) -> BTreeMap<&str, &str> {
    relevant(&member.deployed)
}

fn checked(deduplication_id: String, members: Vec<Member>) -> Result<Option<Group>, InvalidGroup> {
    let id = digest(&deduplication_id);
    let reason =
        members.first().and_then(|first| members.iter().skip(1).find_map(|other| difference(first, other)));
    if let Some(reason) = reason {
        let elements = members.into_iter().map(|member| member.deployed).collect();
        return Err(InvalidGroup { id, elements, reason });
    }
    let mut members = members.into_iter();
    Ok(members.next().map(|first| Group { id, deduplication_id, first, others: members.collect() }))
}

/// Why two elements cannot share a consumer.
fn difference(first: &Member, other: &Member) -> Option<String> {
    if first.deployed.element.connector_type != other.deployed.element.connector_type {
        return Some("All elements in a group must have the same type".to_owned());
    }
    let (a, b) = (connector_properties(first), connector_properties(other));
    let mut names: Vec<&str> =
        a.keys().chain(b.keys()).copied().filter(|name| a.get(name) != b.get(name)).collect();
    names.sort_unstable();
    names.dedup();
    (!names.is_empty()).then(|| {
        format!(
            "All elements in a group must have the same properties (excluding runtime-level properties). \
             The following properties are different: {}",
            names.join(", ")
        )
    })
}
