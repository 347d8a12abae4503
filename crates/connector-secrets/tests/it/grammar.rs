//! The placeholder grammar on arbitrary text.

use connector_secrets::{Spelling, placeholders};
use proptest::prelude::*;

proptest! {
    #[test]
    fn ranges_are_ordered_in_bounds_and_on_character_boundaries(text in "[{}a-zÄ./ \"_-]{0,12}(secrets\\.|\\{\\{secrets\\.[A-Z]{0,2}\\}\\}|\\}\\}|\\PC){0,6}") {
        for spelling in [Spelling::Braces, Spelling::BracesOrBare] {
            let mut end = 0;
            for found in placeholders(&text, spelling) {
                prop_assert!(end <= found.range.start && found.range.start < found.range.end);
                let covered = text.get(found.range.clone()).expect("a boundary");
                prop_assert!(covered.contains(found.name.as_str()));
                end = found.range.end;
            }
        }
    }

    #[test]
    fn a_braces_placeholder_is_found_wherever_it_stands(before in "[^{}]{0,20}", name in "[A-Za-z0-9_./-]{1,12}", after in "[^{}]{0,20}") {
        let token = format!("{{{{secrets.{name}}}}}");
        let text = format!("{before}{token}{after}");
        let found = placeholders(&text, Spelling::Braces);
        prop_assert_eq!(found.len(), 1);
        prop_assert_eq!(found[0].name.as_str(), name);
        prop_assert_eq!(text.get(found[0].range.clone()), Some(token.as_str()));
    }

    #[test]
    fn every_bare_name_is_segments_with_single_separators(text in "secrets\\.[A-Z0-9/._-]{0,14}") {
        for found in placeholders(&text, Spelling::BracesOrBare) {
            let segments: Vec<&str> = found.name.as_str().split(['/', '.', '_', '-']).collect();
            prop_assert!(segments.iter().all(|segment| !segment.is_empty()));
        }
    }
}
