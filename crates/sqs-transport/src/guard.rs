//! No request to an endpoint that a connection names reaches a link-local or metadata address, whatever its name resolves to.
//!
//! The addresses that pass are the very ones that are connected to, so an answer of the name server that changes between a check of
//! the name and the connection changes nothing. Behind a proxy the proxy looks names up, and this guard sees none.

use aws_smithy_runtime_api::client::dns::{DnsFuture, ResolveDns, ResolveDnsError, SharedDnsResolver};
use connector_core::is_metadata_address;
use http::Uri;
use std::net::IpAddr;

/// A name leads to an address that no endpoint may have.
#[derive(Debug, thiserror::Error)]
#[error("{name} is the link-local or metadata address {address}, which endpoints must not lead to")]
pub(crate) struct Forbidden {
    name: String,
    address: IpAddr,
}

fn first_forbidden(name: &str, addresses: &[IpAddr]) -> Option<Forbidden> {
    let address = *addresses.iter().find(|address| is_metadata_address(**address))?;
    Some(Forbidden { name: name.to_owned(), address })
}

/// Looks names up and refuses those that lead to such an address, even if they have others too.
#[derive(Clone, Debug)]
pub(crate) struct Guard {
    names: SharedDnsResolver,
}

impl Guard {
    /// Over these names; `None` = the system's.
    pub(crate) fn new(names: Option<SharedDnsResolver>) -> Self {
        Self { names: names.unwrap_or_else(|| SharedDnsResolver::new(SystemNames)) }
    }

    /// Refuses a URL whose name leads to a forbidden address; one that cannot be looked up passes.
    pub(crate) async fn refuse_forbidden(&self, url: &str) -> Result<(), Forbidden> {
        let uri = url.parse::<Uri>().ok();
        let Some(host) = uri.as_ref().and_then(Uri::host) else { return Ok(()) };
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let addresses = match bare.parse() {
            Ok(address) => vec![address],
            Err(_) => self.names.resolve_dns(host).await.unwrap_or_default(),
        };
        first_forbidden(host, &addresses).map_or(Ok(()), Err)
    }

    async fn resolve(&self, name: &str) -> Result<Vec<IpAddr>, ResolveDnsError> {
        let addresses = self.names.resolve_dns(name).await?;
        match first_forbidden(name, &addresses) {
            Some(forbidden) => Err(ResolveDnsError::new(forbidden)),
            None => Ok(addresses),
        }
    }
}

impl ResolveDns for Guard {
    fn resolve_dns<'a>(&'a self, name: &'a str) -> DnsFuture<'a> {
        DnsFuture::new(self.resolve(name))
    }
}

#[derive(Debug)]
struct SystemNames;

impl ResolveDns for SystemNames {
    fn resolve_dns<'a>(&'a self, name: &'a str) -> DnsFuture<'a> {
        DnsFuture::new(async move {
            let found = tokio::net::lookup_host((name, 0)).await.map_err(ResolveDnsError::new)?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Fixed(Vec<IpAddr>);

    impl ResolveDns for Fixed {
        fn resolve_dns<'a>(&'a self, _: &'a str) -> DnsFuture<'a> {
            DnsFuture::ready(Ok(self.0.clone()))
        }
    }

    async fn resolved(addresses: &[&str]) -> Result<Vec<IpAddr>, ResolveDnsError> {
        let addresses = addresses.iter().map(|address| address.parse().unwrap()).collect();
        Guard::new(Some(SharedDnsResolver::new(Fixed(addresses)))).resolve("queue.example").await
    }

    #[tokio::test]
    async fn a_name_with_one_forbidden_address_is_refused() {
        for address in [
            "169.254.169.254",
            "169.254.170.2",
            "100.100.100.200",
            "168.63.129.16",
            "192.0.0.192",
            "fe80::1",
            "fd00:ec2::254",
            "fd00:ec2::23",
            "fd20:ce::254",
            "::ffff:169.254.169.254",
            "::169.254.169.254",
            "64:ff9b::169.254.169.254",
        ] {
            assert!(resolved(&[address]).await.is_err(), "{address}");
            assert!(resolved(&["10.0.0.1", address]).await.is_err(), "{address}");
        }
    }

    #[tokio::test]
    async fn private_and_public_addresses_pass() {
        let addresses = [
            "127.0.0.1",
            "10.0.0.1",
            "192.168.1.1",
            "52.94.1.1",
            "::1",
            "2001:db8::1",
            "fd00::1",
            "64:ff9b::1.1.1.1",
        ];
        assert_eq!(resolved(&addresses).await.unwrap().len(), addresses.len());
    }
}
