//! `xtask proto-compat`: our description of the gateway against the ones that gateways were published with.

use crate::{jdk, services, shell};
use anyhow::{Context, Result, anyhow, bail};
use prost::Message as _;
use protox::prost_reflect::{
    DescriptorPool, EnumDescriptor, FieldDescriptor, MessageDescriptor, ServiceDescriptor,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The oldest line with job streams, the one that the end-to-end suite runs, and the newest that is published.
const VERSIONS: [&str; 3] = ["8.5.8", "8.6.0", NEWEST];
const NEWEST: &str = "8.9.0-rc1";

/// Compares with these versions, or with a default set, and fails on any difference in what we describe.
///
/// What a version does not know yet may be absent there, but at least one version has to know it.
///
/// # Errors
/// A difference, or Maven or the JDK's `jar` are missing.
pub(crate) fn run(versions: &[String]) -> Result<()> {
    let versions: Vec<&str> =
        if versions.is_empty() { VERSIONS.to_vec() } else { versions.iter().map(String::as_str).collect() };
    let ours = facts(&compiled(&shell::root().join("proto"))?);
    let mut known = BTreeSet::new();
    let mut differences = Vec::new();
    for version in &versions {
        let theirs = facts(&published(version)?);
        let compared = compare(&ours, &theirs);
        println!(
            "{version}: {} of {} facts equal, {} not known there, {} different",
            compared.equal.len(),
            ours.len(),
            ours.len() - compared.equal.len() - compared.different.len(),
            compared.different.len()
        );
        known.extend(compared.equal);
        differences
            .extend(compared.different.into_iter().map(|difference| format!("{version}: {difference}")));
    }
    let unknown = ours.keys().filter(|name| !known.contains(*name));
    differences.extend(unknown.map(|name| format!("{name}: none of {} knows it", versions.join(", "))));
    if !differences.is_empty() {
        bail!("proto/gateway.proto has to change:\n  {}", differences.join("\n  "));
    }
    Ok(())
}

/// What a name means on the wire, as one line, and what else must not have that meaning's place.
type Facts = BTreeMap<String, Fact>;

#[derive(Clone, Debug, PartialEq, Eq)]
struct Fact {
    meaning: String,
    /// The name's owner with its number: two names of one owner cannot share it.
    place: Option<(String, i64)>,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Compared {
    equal: BTreeSet<String>,
    different: Vec<String>,
}

fn compare(ours: &Facts, theirs: &Facts) -> Compared {
    let places: BTreeMap<_, _> =
        theirs.iter().filter_map(|(name, fact)| fact.place.as_ref().map(|place| (place, name))).collect();
    let mut compared = Compared::default();
    for (name, ours) in ours {
        match theirs.get(name) {
            Some(theirs) if theirs == ours => {
                compared.equal.insert(name.clone());
            }
            Some(theirs) => {
                let difference = format!("{name}: is `{}`, ours is `{}`", theirs.meaning, ours.meaning);
                compared.different.push(difference);
            }
            None => {
                if let Some(other) = ours.place.as_ref().and_then(|place| places.get(place)) {
                    compared.different.push(format!("{name}: its number belongs to {other}"));
                }
            }
        }
    }
    compared
}

fn facts(pool: &DescriptorPool) -> Facts {
    let mut facts = Facts::new();
    let ours = |name: &str| name.starts_with("gateway_protocol.");
    for message in pool.all_messages().filter(|message| ours(message.full_name())) {
        message_facts(&message, &mut facts);
    }
    for values in pool.all_enums().filter(|values| ours(values.full_name())) {
        enum_facts(&values, &mut facts);
    }
    for service in pool.services().filter(|service| ours(service.full_name())) {
        service_facts(&service, &mut facts);
    }
    facts
}

fn message_facts(message: &MessageDescriptor, facts: &mut Facts) {
    facts.insert(message.full_name().to_owned(), Fact { meaning: "message".to_owned(), place: None });
    for field in message.fields() {
        let place = Some((message.full_name().to_owned(), i64::from(field.number())));
        facts.insert(field.full_name().to_owned(), Fact { meaning: field_meaning(&field), place });
    }
}

fn field_meaning(field: &FieldDescriptor) -> String {
    let presence = if field.field_descriptor_proto().proto3_optional() { "optional " } else { "" };
    let choice = field.containing_oneof().map(|choice| format!(" in {}", choice.name())).unwrap_or_default();
    let (label, kind, number) = (field.cardinality(), field.kind(), field.number());
    format!("{presence}{label:?} {kind:?} = {number}, json {}{choice}", field.json_name())
}

fn enum_facts(values: &EnumDescriptor, facts: &mut Facts) {
    facts.insert(values.full_name().to_owned(), Fact { meaning: "enum".to_owned(), place: None });
    for value in values.values() {
        let name = format!("{}.{}", values.full_name(), value.name());
        let place = Some((values.full_name().to_owned(), i64::from(value.number())));
        facts.insert(name, Fact { meaning: format!("= {}", value.number()), place });
    }
}

fn service_facts(service: &ServiceDescriptor, facts: &mut Facts) {
    for method in service.methods() {
        let stream = |streams: bool| if streams { "stream " } else { "" };
        let meaning = format!(
            "({}{}) returns ({}{})",
            stream(method.is_client_streaming()),
            method.input().full_name(),
            stream(method.is_server_streaming()),
            method.output().full_name()
        );
        facts.insert(method.full_name().to_owned(), Fact { meaning, place: None });
    }
}

/// Compiles `gateway.proto` of a folder.
fn compiled(folder: &Path) -> Result<DescriptorPool> {
    let description =
        protox::compile(["gateway.proto"], [folder]).context("gateway.proto does not compile")?;
    DescriptorPool::decode(description.encode_to_vec().as_slice()).context("gateway.proto cannot be linked")
}

/// The folder with the OpenAPI files of the newest version.
pub(crate) fn rest_api() -> Result<PathBuf> {
    Ok(unpacked(NEWEST, "v2")?.join("v2"))
}

/// The description that a version was published with.
fn published(version: &str) -> Result<DescriptorPool> {
    compiled(&unpacked(version, "gateway.proto")?)
}

/// The folder with a file or a folder of what a version was published with.
fn unpacked(version: &str, what: &str) -> Result<PathBuf> {
    let jar = services::maven_artifact(&format!("io.camunda:zeebe-gateway-protocol:{version}:jar"))?;
    let folder = shell::target().join("gateway-protocol").join(version);
    fs::create_dir_all(&folder)?;
    let program = jdk::home().map_err(|reason| anyhow!(reason))?.join("bin/jar");
    shell::output(Command::new(program).arg("xf").arg(&jar).arg(what).current_dir(&folder))?;
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described(body: &str) -> Facts {
        let folder = tempfile::tempdir().unwrap();
        let text = format!("syntax = \"proto3\"; package gateway_protocol; {body}");
        fs::write(folder.path().join("gateway.proto"), text).unwrap();
        facts(&compiled(folder.path()).unwrap())
    }

    #[test]
    fn what_a_version_does_not_know_is_no_difference() {
        let ours = described("message A { int64 key = 1; string tag = 2; }");
        let older = described("message A { int64 key = 1; } message Other {}");
        let compared = compare(&ours, &older);
        assert_eq!(compared.different, Vec::<String>::new());
        assert_eq!(compared.equal.len(), 2);
    }

    #[test]
    fn every_change_on_the_wire_is_a_difference() {
        let ours = described("message A { int64 key = 1; }");
        for theirs in [
            "message A { int32 key = 1; }",
            "message A { int64 key = 2; }",
            "message A { repeated int64 key = 1; }",
            "message A { optional int64 key = 1; }",
            "message A { oneof one { int64 key = 1; } }",
            "message A { int64 number = 1; }",
        ] {
            assert_eq!(compare(&ours, &described(theirs)).different.len(), 1, "{theirs}");
        }
    }

    #[test]
    fn a_stream_is_not_a_single_answer() {
        let service = |answer: &str| {
            described(&format!("message A {{}} service S {{ rpc Go(A) returns ({answer}); }}"))
        };
        assert_eq!(compare(&service("A"), &service("stream A")).different.len(), 1);
        assert_eq!(compare(&service("A"), &service("A")).different.len(), 0);
    }
}
