//! Regions that are no part of a host name.
//!
//! The AWS SDK for Java takes any text for a region and signs it URL-encoded; the Rust one takes host labels alone. Where an endpoint is
//! named, the region is nothing but a part of the signature, so any text does.

use aws_sdk_sqs::{
    config::{ConfigBag, Intercept, Region, interceptors::BeforeSerializationInterceptorContextRef},
    error::BoxError,
};
use aws_types::region::SigningRegion;
use std::fmt::Write;

/// The longest label of a host name.
const LONGEST_LABEL: usize = 63;

/// Signs every request of a client with one region, whatever the client was configured with.
#[derive(Debug)]
pub(crate) struct SignedRegion(SigningRegion);

impl SignedRegion {
    /// A region that the SDK takes in place of `region`, and what signs with `region` all the same; `None` when the SDK takes it as it is.
    pub(crate) fn stand_in(region: &str) -> Option<(Region, Self)> {
        if region.split('.').all(is_label) {
            return None;
        }
        let signing = SigningRegion::from(Region::new(url_encoded(region)));
        Some((Region::from_static("us-east-1"), Self(signing)))
    }
}

impl Intercept for SignedRegion {
    fn name(&self) -> &'static str {
        "SignedRegion"
    }

    fn read_before_execution(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        configuration: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        configuration.interceptor_state().store_put(self.0.clone());
        Ok(())
    }
}

fn is_label(label: &str) -> bool {
    (1..=LONGEST_LABEL).contains(&label.len())
        && !label.starts_with('-')
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn url_encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            encoded.push(char::from(byte));
        } else {
            // Writing to a text cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_no_host_label_needs_a_stand_in() {
        for region in ["eu-central-1", "EU-CENTRAL-1", "12", "true", "a.b"] {
            assert!(SignedRegion::stand_in(region).is_none(), "{region}");
        }
        for (region, signed) in [
            ("ü-region", "%C3%BC-region"),
            (" eu-central-1 ", "%20eu-central-1%20"),
            ("eu_central_1", "eu_central_1"),
            ("a/b\r\nx: y", "a%2Fb%0D%0Ax%3A%20y"),
            ("~*+", "~%2A%2B"),
            ("-a", "-a"),
            ("a..b", "a..b"),
        ] {
            let (_, SignedRegion(signing)) = SignedRegion::stand_in(region).unwrap();
            assert_eq!(signing.as_ref(), signed, "{region}");
        }
    }
}
