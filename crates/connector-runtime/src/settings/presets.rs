//! The addresses that follow from other settings, when no source has set them.

use super::{CloudSettings, GatewaySettings};
use crate::RuntimeError;
use zeebe_gateway::SaasCluster;

/// The defaults, with an address that shows that nobody has set it.
pub(super) fn unset() -> GatewaySettings {
    GatewaySettings { address: String::new(), ..GatewaySettings::default() }
}

/// The cluster in Camunda's cloud, if the settings mean one.
pub(crate) fn cluster(settings: &GatewaySettings) -> Result<Option<SaasCluster>, RuntimeError> {
    let CloudSettings { cluster_id, region, domain, port } = &settings.cloud;
    let saas = match settings.mode.as_deref() {
        Some(mode) => mode == "saas",
        None => cluster_id.is_some(),
    };
    match (saas, cluster_id) {
        (false, _) => Ok(None),
        (true, Some(id)) => {
            let cluster = SaasCluster::new(id, region);
            Ok(Some(SaasCluster { domain: domain.clone(), port: *port, ..cluster }))
        }
        (true, None) => Err(RuntimeError::Setting {
            place: "[gateway] cloud-cluster-id (CAMUNDA_CLIENT_CLOUD_CLUSTERID)".to_owned(),
            complaint: "is missing: mode saas finds the cluster by its id and region".to_owned(),
        }),
    }
}

/// Sets the addresses that no source has set.
pub(super) fn fill(settings: &mut GatewaySettings) -> Result<(), RuntimeError> {
    let cluster = cluster(settings)?;
    if settings.address.is_empty() {
        let preset = || GatewaySettings::default().address;
        settings.address = cluster.as_ref().map_or_else(preset, SaasCluster::grpc_address);
    }
    if settings.rest_address.is_none() {
        settings.rest_address = cluster.as_ref().map(SaasCluster::rest_address);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::{Environment, RuntimeError, Settings};

    fn load(variables: &[(&str, &str)]) -> Result<Settings, RuntimeError> {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Settings::load(None, &Environment::new(variables))
    }

    #[test]
    fn a_cluster_id_gives_the_address() {
        let cloud = [("CAMUNDA_CLIENT_CLOUD_CLUSTERID", "f00d"), ("CAMUNDA_CLIENT_CLOUD_REGION", "lhr-1")];
        assert_eq!(load(&cloud).unwrap().gateway.address, "https://f00d.lhr-1.zeebe.camunda.io:443");
        let rest = load(&cloud).unwrap().gateway.rest_address;
        assert_eq!(rest.as_deref(), Some("https://lhr-1.zeebe.camunda.io:443/f00d"));
        let legacy = load(&[("ZEEBE_CLIENT_CLOUD_CLUSTERID", "f00d")]).unwrap();
        assert_eq!(legacy.gateway.address, "https://f00d.bru-2.zeebe.camunda.io:443");
    }

    #[test]
    fn an_address_that_is_set_and_the_mode_win_over_the_cluster_id() {
        let named = [("CAMUNDA_CLIENT_CLOUD_CLUSTERID", "f00d"), ("ZEEBE_ADDRESS", "proxy:1")];
        assert_eq!(load(&named).unwrap().gateway.address, "http://proxy:1");
        let mode = [("CAMUNDA_CLIENT_CLOUD_CLUSTERID", "f00d"), ("CAMUNDA_CLIENT_MODE", "self-managed")];
        assert_eq!(load(&mode).unwrap().gateway.address, "http://localhost:26500");
    }

    #[test]
    fn saas_without_a_cluster_id_is_refused_with_the_settings_name() {
        let error = load(&[("CAMUNDA_CLIENT_MODE", "saas")]).unwrap_err().to_string();
        assert!(error.contains("CAMUNDA_CLIENT_CLOUD_CLUSTERID"), "{error}");
        let error = load(&[("CAMUNDA_CLIENT_MODE", "cloud")]).unwrap_err().to_string();
        assert!(error.contains("CAMUNDA_CLIENT_MODE") && error.contains("self-managed"), "{error}");
    }
}
