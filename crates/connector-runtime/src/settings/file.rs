//! A TOML file as a source of settings.

use super::{SETTINGS, Settings};
use crate::RuntimeError;
use std::path::Path;
use toml::{Table, Value};

pub(super) fn apply(settings: &mut Settings, path: &Path) -> Result<(), RuntimeError> {
    let problem =
        |complaint: String| RuntimeError::Setting { place: format!("file {}", path.display()), complaint };
    let text = std::fs::read_to_string(path).map_err(|error| problem(format!("cannot be read: {error}")))?;
    let sections: Table = text.parse().map_err(|error: toml::de::Error| problem(error.to_string()))?;
    for (section, values) in &sections {
        let Value::Table(values) = values else {
            return Err(problem(format!("`{section}` stands outside of any section")));
        };
        for (name, value) in values {
            apply_one(settings, section, name, value)
                .map_err(|complaint| problem(format!("[{section}] {name} {complaint}")))?;
        }
    }
    Ok(())
}

fn apply_one(settings: &mut Settings, section: &str, name: &str, value: &Value) -> Result<(), String> {
    let known = SETTINGS.iter().find(|setting| setting.section == section && setting.name == name);
    let setting = known.ok_or("is no setting; `sqs-connector settings` lists all")?;
    (setting.apply)(settings, &text_of(value)?)
}

fn text_of(value: &Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Integer(number) => Ok(number.to_string()),
        Value::Boolean(truth) => Ok(truth.to_string()),
        Value::Array(items) => Ok(items.iter().map(text_of).collect::<Result<Vec<_>, _>>()?.join(",")),
        _ => Err("takes a text, a number, true, false or a list of texts".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Result<Settings, RuntimeError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        std::fs::write(&path, text).unwrap();
        let mut settings = Settings::default();
        apply(&mut settings, &path).map(|()| settings)
    }

    #[test]
    fn reads_sections_with_texts_numbers_and_lists() {
        let text = "[aws]\nallowed-endpoints = [\"a:1\", \"b:2\"]\n[outbound]\nmax-jobs-active = 7\nenabled = false\n";
        let settings = load(text).unwrap();
        assert_eq!(settings.aws.allowed_endpoints, ["a:1", "b:2"]);
        assert_eq!(settings.outbound.max_jobs_active, 7);
        assert!(!settings.outbound.enabled);
    }

    #[test]
    fn an_unknown_name_is_refused_with_its_section() {
        let error = load("[aws]\nalowed-endpoints = []\n").unwrap_err().to_string();
        assert!(error.contains("[aws] alowed-endpoints"), "{error}");
    }
}
