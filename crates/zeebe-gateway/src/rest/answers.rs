//! What the REST API answers, as far as it is read.

use connector_core::{ProcessDefinitionKey, TenantId};
use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::Value;

/// Something that is looked up by its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup<T> {
    /// It is there.
    Found(T),
    /// It is not there: unknown, or deployed a moment ago. What is written shows up in searches seconds later.
    NotThere,
}

/// One deployed version of a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessDefinition {
    /// The id of the process in its BPMN.
    pub bpmn_process_id: String,
    /// The name of the process, when it has one.
    pub name: Option<String>,
    /// The version, counted from 1.
    pub version: i32,
    /// The key of this version.
    pub key: ProcessDefinitionKey,
    /// The tenant that it is deployed for.
    pub tenant_id: TenantId,
}

/// A version of a process with instances that wait for messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscribedVersion {
    /// The id of the process in its BPMN.
    pub bpmn_process_id: String,
    /// The key of the version.
    pub key: ProcessDefinitionKey,
    /// The tenant that it is deployed for.
    pub tenant_id: TenantId,
}

/// One page of a search.
#[derive(Deserialize)]
pub(super) struct Page<T> {
    pub(super) items: Vec<T>,
    pub(super) page: Option<PageEnd>,
}

/// Where the next page starts.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PageEnd {
    pub(super) end_cursor: Option<String>,
}

/// A definition as it is sent.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DefinitionItem {
    process_definition_id: String,
    #[serde(deserialize_with = "key")]
    process_definition_key: ProcessDefinitionKey,
    name: Option<String>,
    version: i32,
    tenant_id: Option<String>,
    /// Clusters from 8.10 say it; others have active ones only.
    state: Option<String>,
}

/// A row of the statistics as it is sent; rows written before 8.9 have no key.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StatisticsItem {
    process_definition_id: Option<String>,
    #[serde(default, deserialize_with = "optional_key")]
    process_definition_key: Option<ProcessDefinitionKey>,
    tenant_id: Option<String>,
}

/// An error as RFC 7807 has it.
#[derive(Deserialize)]
pub(super) struct Problem {
    title: Option<String>,
    detail: Option<String>,
}

impl DefinitionItem {
    /// `None` for a definition that is deleted.
    pub(super) fn active(self) -> Option<ProcessDefinition> {
        if self.state.is_some_and(|state| state != "ACTIVE") {
            return None;
        }
        Some(ProcessDefinition {
            bpmn_process_id: self.process_definition_id,
            name: self.name,
            version: self.version,
            key: self.process_definition_key,
            tenant_id: TenantId::new(self.tenant_id.unwrap_or_default()),
        })
    }
}

impl StatisticsItem {
    /// `None` when the row does not say which version it counts.
    pub(super) fn version(self) -> Option<SubscribedVersion> {
        Some(SubscribedVersion {
            bpmn_process_id: self.process_definition_id?,
            key: self.process_definition_key?,
            tenant_id: TenantId::new(self.tenant_id.unwrap_or_default()),
        })
    }
}

/// The server's own words, after a colon; empty when there are none.
pub(super) fn words(body: &[u8]) -> String {
    let Ok(problem) = serde_json::from_slice::<Problem>(body) else { return String::new() };
    let words: Vec<String> = [problem.title, problem.detail].into_iter().flatten().collect();
    if words.is_empty() { String::new() } else { format!(": {}", words.join(": ")) }
}

fn key<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ProcessDefinitionKey, D::Error> {
    optional_key(deserializer)?.ok_or_else(|| D::Error::custom("the processDefinitionKey is missing"))
}

/// Keys are texts in JSON; early versions sent numbers.
fn optional_key<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<ProcessDefinitionKey>, D::Error> {
    let text = match Value::deserialize(deserializer)? {
        Value::Null => return Ok(None),
        Value::String(text) => text,
        other => other.to_string(),
    };
    let key = text.parse().map_err(|_| D::Error::custom("a processDefinitionKey that is no key"))?;
    Ok(Some(ProcessDefinitionKey::new(key)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_keys_as_texts_and_as_numbers_and_leaves_out_what_is_deleted() {
        let read = |text: &str| serde_json::from_str::<DefinitionItem>(text).map(DefinitionItem::active);
        let text = r#"{"processDefinitionId":"p","processDefinitionKey":"2251799813685249","version":3,"tenantId":""}"#;
        let definition = read(text).unwrap().unwrap();
        assert_eq!((definition.key.get(), definition.version), (2_251_799_813_685_249, 3));
        assert_eq!(definition.tenant_id, TenantId::default());
        let deleted = r#"{"processDefinitionId":"p","processDefinitionKey":7,"version":3,"state":"DELETED"}"#;
        assert_eq!(read(deleted).unwrap(), None);
        assert!(read(r#"{"processDefinitionId":"p","processDefinitionKey":"x","version":3}"#).is_err());
    }

    #[test]
    fn a_row_without_a_key_says_nothing() {
        let item: StatisticsItem = serde_json::from_str(r#"{"processDefinitionId":"p"}"#).unwrap();
        assert_eq!(item.version(), None);
    }
}
