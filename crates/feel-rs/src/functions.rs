//! FEEL's built-in functions, a page for each group, with examples.
//!
//! A call by position takes the first function of the name with that many parameters; a call by names may leave
//! parameters out, which are `null` then.

#[doc = include_str!("../docs/boolean.md")]
pub mod boolean {}

#[doc = include_str!("../docs/string.md")]
pub mod string {}

#[doc = include_str!("../docs/number.md")]
pub mod number {}

#[doc = include_str!("../docs/list.md")]
pub mod list {}

#[doc = include_str!("../docs/context.md")]
pub mod context {}

#[doc = include_str!("../docs/temporal.md")]
pub mod temporal {}

#[doc = include_str!("../docs/range.md")]
pub mod range {}

#[doc = include_str!("../docs/conversion.md")]
pub mod conversion {}

#[cfg(test)]
mod tests {
    use crate::Registry;

    const PAGES: [&str; 8] = [
        include_str!("../docs/boolean.md"),
        include_str!("../docs/string.md"),
        include_str!("../docs/number.md"),
        include_str!("../docs/list.md"),
        include_str!("../docs/context.md"),
        include_str!("../docs/temporal.md"),
        include_str!("../docs/range.md"),
        include_str!("../docs/conversion.md"),
    ];

    #[test]
    fn every_function_has_its_place_on_a_page() {
        let registry = Registry::builtin();
        let missing: Vec<&str> = registry
            .names()
            .filter(|name| {
                let (row, mention) = (format!("| `{name}("), format!("`{name}"));
                !PAGES.iter().any(|page| page.contains(&row) || page.contains(&mention))
            })
            .collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}
