//! The addresses at which a cloud tells a machine about itself, its credentials among it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Beside the link-local ones: Alibaba, Azure, Oracle.
const METADATA_V4: [Ipv4Addr; 3] =
    [Ipv4Addr::new(100, 100, 100, 200), Ipv4Addr::new(168, 63, 129, 16), Ipv4Addr::new(192, 0, 0, 192)];

/// The networks `fd00:ec2::/32` (AWS) and `fd20:ce::/32` (Google).
const METADATA_V6: [[u16; 2]; 2] = [[0xfd00, 0x0ec2], [0xfd20, 0x00ce]];

/// The prefix behind which networks without IPv4 reach it.
const NAT64: [u16; 6] = [0x0064, 0xff9b, 0, 0, 0, 0];

/// True for link-local addresses and those of metadata services, an IPv4 one inside IPv6 too: no endpoint may lead there.
pub fn is_metadata_address(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_metadata_v4(address),
        IpAddr::V6(address) => {
            let [a, b, ..] = address.segments();
            address.is_unicast_link_local()
                || METADATA_V6.contains(&[a, b])
                || inner_v4(address).is_some_and(is_metadata_v4)
        }
    }
}

fn is_metadata_v4(address: Ipv4Addr) -> bool {
    address.is_link_local() || METADATA_V4.contains(&address)
}

/// The IPv4 address that an IPv6 address stands for.
fn inner_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, high, low] = address.segments();
    if [a, b, c, d, e, f] == NAT64 {
        return Some(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)));
    }
    address.to_ipv4()
}
