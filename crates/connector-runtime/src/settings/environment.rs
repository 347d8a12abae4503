//! The environment as a source of settings and secrets: handed in, never read here.

use super::{SETTINGS, Setting, Settings};
use crate::RuntimeError;
use std::{collections::BTreeMap, fmt};

const PREFIX: &str = "SQS_CONNECTOR_";

/// The environment variables that the process was started with.
#[derive(Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, String>,
}

impl Environment {
    /// Takes the variables; ours are `SQS_CONNECTOR_<SECTION>_<NAME>`.
    pub fn new(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        Self { variables: variables.into_iter().collect() }
    }

    /// The value of a variable.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }

    /// All variables with their values.
    pub fn variables(&self) -> impl Iterator<Item = (&str, &str)> {
        self.variables.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    pub(super) fn apply(&self, settings: &mut Settings) -> Result<(), RuntimeError> {
        self.refuse_unknown_names()?;
        for setting in SETTINGS {
            if let Some((name, value)) = self.value_of(setting) {
                (setting.apply)(settings, value).map_err(|complaint| RuntimeError::Setting {
                    place: format!("environment variable {name}"),
                    complaint,
                })?;
            }
        }
        Ok(())
    }

    /// An empty variable is an absent one.
    fn value_of(&self, setting: &Setting) -> Option<(String, &str)> {
        std::iter::once(setting.variable()).chain(setting.aliases.iter().map(ToString::to_string)).find_map(
            |name| self.get(&name).filter(|value| !value.is_empty()).map(|value| (name.clone(), value)),
        )
    }

    /// A misspelt setting of ours would be ignored in silence.
    fn refuse_unknown_names(&self) -> Result<(), RuntimeError> {
        let unknown = self
            .variables
            .keys()
            .filter(|name| name.starts_with(PREFIX))
            .find(|name| !SETTINGS.iter().any(|setting| setting.variable() == **name));
        match unknown {
            None => Ok(()),
            Some(name) => Err(RuntimeError::Setting {
                place: format!("environment variable {name}"),
                complaint: "is no setting; `sqs-connector settings` lists all".to_owned(),
            }),
        }
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.variables.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(variables: &[(&str, &str)]) -> Result<Settings, RuntimeError> {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Settings::load(None, &Environment::new(variables))
    }

    #[test]
    fn the_java_names_work_and_ours_win() {
        let java = load(&[("ZEEBE_ADDRESS", "zeebe:26500")]).unwrap();
        assert_eq!(java.gateway.address, "http://zeebe:26500");
        let newer = [("ZEEBE_ADDRESS", "old:1"), ("CAMUNDA_CLIENT_GRPCADDRESS", "http://new:2")];
        assert_eq!(load(&newer).unwrap().gateway.address, "http://new:2");
        let ours = [
            ("CAMUNDA_CLIENT_GRPCADDRESS", "http://new:2"),
            ("SQS_CONNECTOR_GATEWAY_ADDRESS", "http://ours:3"),
        ];
        assert_eq!(load(&ours).unwrap().gateway.address, "http://ours:3");
    }

    #[test]
    fn a_list_is_separated_by_commas() {
        let settings = load(&[("SQS_CONNECTOR_AWS_ALLOWED_ENDPOINTS", "localhost:9324, sqs:4566")]).unwrap();
        assert_eq!(settings.aws.allowed_endpoints, ["localhost:9324", "sqs:4566"]);
    }

    #[test]
    fn an_unknown_name_of_ours_is_refused_with_its_name() {
        let error = load(&[("SQS_CONNECTOR_AWS_ALOWED_ENDPOINTS", "x")]).unwrap_err().to_string();
        assert!(error.contains("SQS_CONNECTOR_AWS_ALOWED_ENDPOINTS"), "{error}");
    }

    #[test]
    fn a_wrong_value_is_refused_with_the_name_it_stands_under_and_what_it_takes() {
        let error =
            load(&[("CAMUNDA_CLIENT_WORKER_DEFAULTS_MAXJOBSACTIVE", "many")]).unwrap_err().to_string();
        assert!(error.contains("CAMUNDA_CLIENT_WORKER_DEFAULTS_MAXJOBSACTIVE"), "{error}");
        assert!(error.contains("whole number"), "{error}");
    }

    #[test]
    fn debug_shows_names_and_no_values() {
        let environment = Environment::new([("SECRET_KEY".to_owned(), "canary".to_owned())]);
        assert_eq!(format!("{environment:?}"), r#"{"SECRET_KEY"}"#);
    }
}
