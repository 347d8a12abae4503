//! Which elements share a consumer.

use crate::setup::{Point, element, feel};
use sqs_inbound::{DeployedElement, Grouping, group};

const AUTO: (&str, &str) = ("deduplicationMode", "AUTO");
const MANUAL: (&str, &str) = ("deduplicationMode", "MANUAL");
const KEY: (&str, &str) = ("correlationKeyExpression", "=1");

fn catch(id: &str, version: i32, properties: &[(&str, &str)]) -> DeployedElement {
    let all: Vec<_> = [KEY].iter().chain(properties).copied().collect();
    element(id, Point::Catch("m"), version, &all)
}

/// The element ids of each group.
fn ids(grouping: &Grouping) -> Vec<Vec<&str>> {
    grouping.groups.iter().map(|group| group.members().map(|member| member.element_id()).collect()).collect()
}

fn reasons(grouping: &Grouping) -> Vec<&str> {
    grouping.invalid.iter().map(|invalid| invalid.reason.as_str()).collect()
}

#[test]
fn equal_connection_properties_share_a_consumer_whatever_their_order() {
    let grouping = group(
        vec![
            catch(
                "a",
                1,
                &[AUTO, ("queue.url", "u"), ("queue.pollingWaitTime", "5"), ("resultVariable", "x")],
            ),
            catch("b", 1, &[AUTO, ("queue.pollingWaitTime", "5"), ("queue.url", "u")]),
            catch("c", 1, &[AUTO, ("queue.pollingWaitTime", "6"), ("queue.url", "u")]),
        ],
        &feel(),
    );
    assert_eq!(ids(&grouping), [vec!["a", "b"], vec!["c"]]);
}

#[test]
fn values_that_only_swap_their_names_do_not_share_a_consumer() {
    let grouping = group(
        vec![catch("a", 1, &[AUTO, ("x", "1"), ("y", "2")]), catch("b", 1, &[AUTO, ("x", "2"), ("y", "1")])],
        &feel(),
    );
    assert_eq!(grouping.groups.len(), 2);
}

#[test]
fn a_new_version_keeps_its_consumer_unless_it_has_no_mode() {
    let id_of = |version, properties: &[(&str, &str)]| {
        group(vec![catch("a", version, properties)], &feel()).groups.remove(0).id().to_owned()
    };
    assert_eq!(id_of(1, &[AUTO, ("queue.url", "u")]), id_of(2, &[AUTO, ("queue.url", "u")]));
    assert_eq!(id_of(1, &[MANUAL, ("deduplicationId", "d")]), id_of(2, &[MANUAL, ("deduplicationId", "d")]));
    assert_ne!(id_of(1, &[("queue.url", "u")]), id_of(2, &[("queue.url", "u")]));
    assert_eq!(id_of(1, &[AUTO, ("queue.url", "u")]).len(), 64);
}

#[test]
fn an_id_of_ones_own_joins_elements_only_with_equal_properties() {
    let with = |id: &'static str, url| catch(id, 1, &[MANUAL, ("deduplicationId", "d"), ("queue.url", url)]);
    assert_eq!(ids(&group(vec![with("a", "u"), with("b", "u")], &feel())), [vec!["a", "b"]]);
    let grouping =
        group(vec![with("a", "u"), with("b", "v"), catch("c", 1, &[AUTO, ("queue.url", "u")])], &feel());
    assert_eq!(ids(&grouping), [vec!["c"]]);
    assert_eq!(
        reasons(&grouping),
        ["All elements in a group must have the same properties (excluding runtime-level properties). \
          The following properties are different: queue.url"]
    );
    assert_eq!(grouping.invalid[0].elements.len(), 2);
}

#[test]
fn an_invalid_element_is_alone_and_its_neighbours_go_on() {
    let good = catch("good", 1, &[AUTO, ("queue.url", "u")]);
    for (properties, reason) in [
        (
            vec![AUTO],
            "Missing deduplication properties, expected at least one property to compute deduplicationId",
        ),
        (vec![MANUAL], "Missing deduplicationId property, expected a value due to deduplicationMode=MANUAL"),
        (
            vec![("deduplicationMode", "auto")],
            "Invalid deduplicationMode property, expected AUTO or MANUAL, but was auto",
        ),
        (
            vec![AUTO, ("queue", "x"), ("queue.url", "u")],
            "malformed connector properties: 'queue' is a value",
        ),
        (vec![AUTO, ("queue..url", "u")], "malformed connector properties: empty step in 'queue..url'"),
        (
            vec![AUTO, ("queue.url", "u"), ("messageTtl", "P1W")],
            "messageTtl: 'P1W' is not an ISO-8601 duration",
        ),
        (vec![AUTO, ("queue.url", "u"), ("messageTtl", "{{secrets.TTL}}")], "messageTtl: '{{secrets.TTL}}'"),
    ] {
        let grouping = group(vec![catch("bad", 1, &properties), good.clone()], &feel());
        assert_eq!(ids(&grouping), [vec!["good"]]);
        let found = reasons(&grouping);
        assert!(found.len() == 1 && found[0].starts_with(reason), "{found:?}");
    }
}

#[test]
fn a_plain_start_ignores_the_time_to_live() {
    let start = element("s", Point::Start, 1, &[("messageTtl", "never")]);
    assert_eq!(group(vec![start], &feel()).groups.len(), 1);
}

#[test]
fn starts_count_for_the_latest_version_only_and_catches_for_all() {
    let grouping = group(
        vec![
            element("s", Point::Start, 1, &[]),
            element("s", Point::Start, 2, &[]),
            element("ms", Point::MessageStart("m"), 1, &[]),
            catch("c", 1, &[]),
            catch("c", 2, &[]),
        ],
        &feel(),
    );
    let found: Vec<_> = grouping
        .groups
        .iter()
        .map(|group| (group.first().element_id(), group.first().deployed.process.version))
        .collect();
    assert_eq!(found, [("s", 2), ("c", 1), ("c", 2)]);
}

#[test]
fn a_time_to_live_may_be_an_expression() {
    let grouping = group(vec![catch("a", 1, &[("messageTtl", "=\"PT\" + \"10M\"")])], &feel());
    assert_eq!(grouping.groups[0].first().properties.time_to_live_millis, Some(600_000));
    let grouping = group(vec![catch("a", 1, &[("messageTtl", "=5")])], &feel());
    assert!(reasons(&grouping)[0].contains("it must give a duration"), "{grouping:?}");
}
