//! Input that wants to stop the process gets a clear answer. Test threads have a stack of 2 MiB, as workers do.

use feel_rs::{Engine, EvaluationErrorKind, Limits, ParseErrorKind};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

fn parse_error(text: &str) -> ParseErrorKind {
    Engine::default().compile(text).unwrap_err().kind()
}

fn evaluation_error(text: &str) -> (EvaluationErrorKind, String) {
    evaluation_error_with(text, &json!({}))
}

fn evaluation_error_with(text: &str, context: &Json) -> (EvaluationErrorKind, String) {
    let expression = Engine::default().compile(text).unwrap();
    let error = expression.evaluate(&[context]).result.unwrap_err();
    (error.kind(), error.to_string())
}

fn value(text: &str) -> Json {
    let expression = Engine::default().compile(text).unwrap();
    expression.evaluate(&[]).result.unwrap().to_json()
}

#[test]
fn refuses_ten_thousand_nested_parts_of_every_kind() {
    for (open, close) in [
        ("(", ")"),
        ("[", "]"),
        ("{a: ", "}"),
        ("not(", ")"),
        ("-(", ")"),
        ("if true then 1 else ", ""),
        ("if ", " then 1 else 2"),
        ("function() ", ""),
        ("for x in (", ") return x"),
        ("x[", "]"),
        ("1 in (", ")"),
        ("1 < (", ")"),
        ("f(a: ", ")"),
    ] {
        let nested = format!("{}1{}", open.repeat(10_000), close.repeat(10_000));
        assert_eq!(parse_error(&nested), ParseErrorKind::TooDeep, "{open}");
        let unclosed = open.repeat(10_000);
        assert!(Engine::default().compile(&unclosed).is_err(), "{open}");
    }
}

#[test]
fn accepts_eighty_levels_of_every_kind() {
    for (open, close) in [
        ("(", ")"),
        ("[", "]"),
        ("{a: ", "}"),
        ("if true then 1 else ", ""),
        ("if false = (", ") then 1 else 2"),
        ("-(", ")"),
        ("for x in [1, 2][item > 1] return ", ""),
        ("some x in [1] satisfies 1 = (", ")"),
        ("[1][item = ", "]"),
        ("count(list: [", "])"),
        ("not(1 in (", "))"),
        ("1 between 0 and (", ")"),
        ("1 + 2 * (", ")"),
        ("string(", ")"),
    ] {
        let text = format!("{}1{}", open.repeat(80), close.repeat(80));
        let expression = Engine::default().compile(&text).unwrap();
        assert!(expression.evaluate(&[]).result.is_ok(), "{open}");
    }
}

#[test]
fn forty_functions_may_call_each_other() {
    let mut text = "{f0: function(a) a".to_owned();
    for number in 1..40 {
        text += &format!(", f{number}: function(a) if a > 0 then f{}(a) + 1 else 0", number - 1);
    }
    assert_eq!(value(&format!("{text}, r: f39(1)}}.r")), json!(40));
}

#[test]
fn unclosed_nesting_is_refused_in_linear_time() {
    for open in ["(", "[", "{a: ", "f(", "f(a: ", "x in (", "1 + (", "[1.."] {
        assert!(Engine::default().compile(&open.repeat(60)).is_err());
    }
}

#[test]
fn refuses_a_text_of_a_mebibyte() {
    assert_eq!(parse_error(&"1 + ".repeat(1 << 18)), ParseErrorKind::TooLong);
    let message = Engine::default().compile(&"x".repeat(1 << 20)).unwrap_err().to_string();
    assert!(message.len() < 500, "{message}");
}

#[test]
fn long_chains_need_no_stack() {
    assert_eq!(value(&format!("1{}", " + 1".repeat(20_000))), json!(20_001));
    assert_eq!(value(&format!("true{}", " and true".repeat(20_000))), json!(true));
    assert_eq!(value(&format!("[[1]]{}", "[1]".repeat(20_000))), json!(null));
    assert_eq!(value(&format!("count([1{}])", ", 1".repeat(20_000))), json!(20_001));
}

#[test]
fn functions_that_call_functions_end_at_the_depth_limit() {
    let mut text = "{f0: function() 1".to_owned();
    for number in 1..2000 {
        text += &format!(", f{number}: function() f{}()", number - 1);
    }
    text += ", r: f1999()}.r";
    let (kind, message) = evaluation_error(&text);
    assert_eq!(kind, EvaluationErrorKind::Limit);
    assert!(message.contains("deeper than"), "{message}");
}

#[test]
fn doubling_functions_end_at_the_work_limit() {
    let mut text = "{f0: function() 1".to_owned();
    for number in 1..60 {
        text += &format!(", f{number}: function() f{0}() + f{0}()", number - 1);
    }
    text += ", r: f59()}.r";
    assert_eq!(evaluation_error(&text).0, EvaluationErrorKind::Limit);
}

#[test]
fn long_loops_end_at_the_work_limit() {
    for text in [
        "for i in 1..1000000000 return i",
        "count(for i in 1..10000, j in 1..10000 return 1)",
        "some i in 1..100000, j in 1..100000 satisfies i + j < 0",
        "for i in 1..100000 return partial",
        "{s: \"0123456789abcdef\", r: for i in 1..1000000 return s + s + s}",
    ] {
        assert_eq!(evaluation_error(text).0, EvaluationErrorKind::Limit, "{text}");
    }
}

#[test]
fn loops_whose_steps_change_nothing_end_at_once() {
    assert_eq!(evaluation_error("for i in 5*10**54..3 return i").0, EvaluationErrorKind::Limit);
    assert_eq!(evaluation_error("for i in 3..5*10**54 return i").0, EvaluationErrorKind::Limit);
    let one = Engine::default().compile("count(for i in 10**54..10**54 return i) = 1");
    let value = one.unwrap().evaluate(&[]).result.unwrap().to_json();
    assert_eq!(value, serde_json::json!(true));
}

#[test]
fn growing_values_end_at_the_work_limit() {
    let mut text = "{a0: [1,1,1,1,1,1,1,1]".to_owned();
    for number in 1..40 {
        text += &format!(", a{number}: concatenate(a{0}, a{0})", number - 1);
    }
    assert_eq!(evaluation_error(&(text + "}")).0, EvaluationErrorKind::Limit);
    let mut text = "{a0: \"01234567890123456789\"".to_owned();
    for number in 1..60 {
        text += &format!(", a{number}: a{0} + a{0}", number - 1);
    }
    assert_eq!(evaluation_error(&(text + "}")).0, EvaluationErrorKind::Limit);
}

#[test]
fn a_value_shared_many_times_does_not_become_a_giant() {
    let mut text = "{a0: [1]".to_owned();
    for number in 1..60 {
        text += &format!(", a{number}: [a{0}, a{0}]", number - 1);
    }
    for end in [".a59", ".a59 = 1", "", ".a59 = [1, 2]"] {
        let text = format!("{text}}}{end}");
        let expression = Engine::default().compile(&text).unwrap();
        if let Ok(value) = expression.evaluate(&[]).result {
            assert!(value.to_json().to_string().len() < 100_000_000, "{end}");
        }
    }
}

#[test]
fn huge_numbers_are_answered() {
    for text in [
        "10**(10**10)",
        "2**2147483648",
        "10**1000000",
        "10**-1000000",
        "9**9**9",
        "decimal(1, 2000000000)",
        "1/3**1000000",
    ] {
        let expression = Engine::default().compile(text).unwrap();
        let _ = expression.evaluate(&[]).result.map(|value| value.to_json());
    }
    let digits = "9".repeat(100_000);
    if let Ok(expression) = Engine::default().compile(&format!("{digits} * {digits}")) {
        let _ = expression.evaluate(&[]).result.map(|value| value.to_json());
    }
}

#[test]
fn catastrophic_patterns_end() {
    let context = json!({"s": "a".repeat(5000) + "!"});
    for text in [
        "matches(s, \"(a+)+$\")",
        "matches(s, \"(a|a)*$\")",
        "matches(s, \"(?=(a+)+$)b\")",
        "replace(s, \"(a*)*b\", \"x\")",
        "split(s, \"(a+)+b\")",
        "extract(s, \"(\\\\w+)*\\\\1!x\")",
    ] {
        let expression = Engine::default().compile(text).unwrap();
        let _ = expression.evaluate(&[&context]).result.map(|value| value.to_json());
    }
}

#[test]
fn long_texts_are_cut_into_thousands_of_pieces() {
    let context = json!({"s": "piece one ;\t".repeat(10_000)});
    let answer = |text: &str| {
        let expression = Engine::default().compile(text).unwrap();
        expression.evaluate(&[&context]).result.unwrap().to_json()
    };
    assert_eq!(answer(r#"count(split(s, "\s*;\s*"))"#), json!(10_001));
    assert_eq!(answer(r#"count(extract(s, "\w+"))"#), json!(20_000));
    assert_eq!(answer(r#"string length(replace(s, "\s+", ""))"#), json!(90_000));
    assert_eq!(answer(r#"string length(replace(s, "(\w+) (\w+)\s*", "$2"))"#), json!(50_000));
    // Each search for a capital letter behind an `o` reads all that is left.
    let mut limits = Limits::default();
    limits.max_work /= 10;
    let expression =
        Engine::default().with_limits(limits).compile(r#"extract(s, "o[^A-Z]*[A-Z]|o")"#).unwrap();
    let error = expression.evaluate(&[&context]).result.unwrap_err();
    assert_eq!(error.kind(), EvaluationErrorKind::Limit);
}

#[test]
fn deep_json_is_looked_into_without_deep_recursion() {
    let text = format!("{}{}", "[".repeat(120), "]".repeat(120));
    let deep: Json = serde_json::from_str(&format!("{{\"a\": {text}}}")).unwrap();
    for text in ["a", "string(a)", "a = a", "flatten(a)", "a[1][1][1]", "list contains(a, a)"] {
        let expression = Engine::default().compile(text).unwrap();
        assert!(expression.evaluate(&[&deep]).result.is_ok(), "{text}");
    }
}

#[test]
fn limits_are_the_callers() {
    let mut limits = Limits::default();
    limits.max_length = 5;
    assert_eq!(
        Engine::default().with_limits(limits).compile("123456").unwrap_err().kind(),
        ParseErrorKind::TooLong
    );
}

#[test]
fn work_that_is_big_inside_is_charged() {
    let context = json!({
        "s": "a".repeat(100_000) + "!",
        "t": "ab".repeat(200),
        "l": (0..2_000).collect::<Vec<_>>(),
        "contexts": (0..2_000).map(|number| json!({"a": number})).collect::<Vec<_>>(),
    });
    // The steps that can be counted from outside are a third of this.
    let mut limits = Limits::default();
    limits.max_work = 200_000;
    let engine = Engine::default().with_limits(limits);
    let (short, long) = ("9".repeat(43), "9".repeat(50_000));
    for text in [
        "for i in 1..1000000000 return i".to_owned(),
        "for i in 1..10000, j in 1..10000, k in 1..10000 return i".to_owned(),
        format!("for i in {short}..3 return i + sum(l)"),
        format!("for i in 1..20000 return {long} < {long}.5"),
        format!("for i in 1..20000 return {long} * {long}"),
        format!("for i in 1..20000 return number(\"{long}\")"),
        "for i in 1..20000 return contexts.a".to_owned(),
        "for i in 1..20000 return matches(t, \"(?=(a|b|ab)+$)c\")".to_owned(),
        "matches(s, \"(a*b)$\")".to_owned(),
        "extract(upper case(s), \".*[^A-Z!]|[A-Z]\")".to_owned(),
        "for i in 1..20000 return matches(\"x\", \"\\w{40}\" + string(i))".to_owned(),
    ] {
        let error = engine.compile(&text).unwrap().evaluate(&[&context]).result.unwrap_err();
        assert_eq!((error.kind(), error.code()), (EvaluationErrorKind::Limit, "FEEL_LIMIT"), "{text:.60}");
    }
}

#[test]
fn patterns_that_are_used_again_and_step_back_a_little_are_cheap() {
    let context = json!({"lines": vec!["2024-02-29;12,50;EUR "; 5_000]});
    let text = "count(lines[matches(item, \"^\\d{4}-\\d{2}-\\d{2};(?=1).*[A-Z]{3}\\s*$\")])";
    let expression = Engine::default().compile(text).unwrap();
    assert_eq!(expression.evaluate(&[&context]).result.unwrap().to_json(), json!(5_000));
    let context = json!({"s": "a ; b,c ;d\n".repeat(800)});
    let expression = Engine::default().compile("count(split(s, \"\\s*;\\s*\"))").unwrap();
    assert_eq!(expression.evaluate(&[&context]).result.unwrap().to_json(), json!(1_601));
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC{0,60}") {
        if let Ok(expression) = Engine::default().compile(&text) {
            let _ = expression.evaluate(&[&json!({"a": 1, "l": [1, "b", null]})]).result.map(|value| value.to_json());
        }
    }

    #[test]
    fn no_text_of_the_language_panics(parts in proptest::collection::vec(
        proptest::sample::select(vec![
            "if ", " then ", " else ", "for ", " in ", " return ", "some ", " satisfies ", "(", ")", "[", "]", "{", "}", "a", "l",
            "1", "-", ".5", "\"x\"", "..", ".", ",", ":", "+", "*", "/", "**", "=", "<", ">=", "!=", " and ", " or ", "not(", "null",
            "@\"2024-02-29\"", "@\"P1D\"", "@\"10:00:00Z\"", "duration(", "count(", "string(", "substring(", "function(", "item",
            " between ", " instance of ", "`", "?", "partial", "//", "/*", "*/", "\\", "\u{1F600}", "date and time(", "0",
        ]), 0..25)) {
        let text = parts.concat();
        if let Ok(expression) = Engine::default().compile(&text) {
            let context = json!({"a": 1.5, "l": [1, "b", null, {"a": 2}]});
            let outcome = expression.evaluate(&[&context]);
            let _ = outcome.result.map(|value| (value.to_json(), value.to_string()));
        }
    }
}

#[test]
fn a_bound_for_one_evaluation_only_ever_lowers_the_engines() {
    let expression = Engine::default().compile("sum(for i in 1..1000 return i)").unwrap();
    for enough in [100_000, usize::MAX] {
        assert_eq!(expression.evaluate_within(enough, &[]).result.unwrap().to_json(), 500_500);
    }
    let error = expression.evaluate_within(100, &[]).result.unwrap_err();
    assert_eq!(error.kind(), EvaluationErrorKind::Limit);
    assert!(error.to_string().contains("more than 100 steps"), "{error}");
    let endless = Engine::default().compile("count(for i in 1..2000, j in 1..2000 return i)").unwrap();
    let error = endless.evaluate_within(usize::MAX, &[]).result.unwrap_err();
    assert!(error.to_string().contains("more than 1000000 steps"), "{error}");
}
