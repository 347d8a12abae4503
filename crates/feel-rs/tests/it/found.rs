//! What runs against FEEL-Scala found and the corpus does not hold.

use feel_rs::{Engine, EvaluationErrorKind, Limits, ParseErrorKind};
use serde_json::{Value as Json, json};

fn value(text: &str) -> Json {
    Engine::default().compile(text).unwrap().evaluate(&[]).result.unwrap().to_json()
}

#[test]
fn a_mark_belongs_to_the_word_that_it_stands_on() {
    assert_eq!(value("split(\"e\u{301} x\", \"\\\\b\")"), json!(["e\u{301}", " ", "x", ""]));
    assert_eq!(value("split(\"äb c\", \"\\\\b\")"), json!(["ä", "b", " ", "c", ""]));
    assert_eq!(value("split(\"äb c\", \"(?U)\\\\b\")"), json!(["äb", " ", "c", ""]));
    assert_eq!(value("split(\"ab\u{301}\", \"\\\\B\")"), json!(["a", "b", "\u{301}"]));
}

#[test]
fn texts_of_doubles_are_even_where_two_are_as_near() {
    assert_eq!(value("-9007199254740993/10").to_string(), "-9.007199254740992e+14");
    assert_eq!(value("991021.599**.5").to_string(), "995.5006775487398");
}

#[test]
fn errors_name_line_and_rules_as_the_reference_does() {
    let error = |text: &str| Engine::default().compile(text).unwrap_err().to_string();
    assert!(error("(1\n\r)]").ends_with("):2:2, found \"]\""), "{}", error("(1\n\r)]"));
    let text = "x instance of c-month";
    assert_eq!(
        error(text),
        format!(
            "failed to parse expression '{text}': Expected (namePart | \".\" | \"and\" | \"or\" | end-of-input):1:16, \
             found \"-month\""
        )
    );
    assert!(error("x instance of cd-month").contains("Expected (\".\" | "));
    assert!(error("1 in true )").contains(
        "Expected (end-of-input | binaryComparison | between | instanceOf | in | \"and\" | \"or\"):"
    ));
    assert!(error("1 in (true) )").contains("Expected (\"and\" | \"or\" | end-of-input):"));
    assert!(
        error("[1..1[+").contains(
            "Expected (ifOp | forOp | quantifiedOp | disjunction | \"and\" | \"or\" | end-of-input):"
        )
    );
    assert!(
        error("[1..1[1")
            .contains("Expected ((ifOp | forOp | quantifiedOp | disjunction) ~ \"]\" | \"and\" | \"or\"")
    );
    assert!(error("forx)").contains("Expected (namePart | \"in\" | binaryComparison"));
    assert!(error("forxy)").contains("Expected (\"in\" | binaryComparison"));
}

#[test]
fn sorting_asks_both_ways_when_neither_item_precedes() {
    let expression =
        Engine::default().compile("sort([1, 2], function(a, b) if a.n then 1 else b < 0)").unwrap();
    let outcome = expression.evaluate(&[]);
    let messages: Vec<&str> = outcome.warnings.iter().map(|warning| warning.message.as_str()).collect();
    let missing =
        |value: u8| format!("No property found with name 'n' of value '{value}'. Available properties: ");
    let of_conditions = "Expected boolean but found 'null'";
    let expected = [missing(2), of_conditions.to_owned(), missing(1), of_conditions.to_owned()];
    assert_eq!(messages, expected);
}

#[test]
fn reads_the_signatures_of_java_methods_as_names() {
    let kind = |signature: &str| {
        let text =
            format!("function(x) external {{java: {{class: \"a\", method signature: \"{signature}\"}}}}");
        Engine::default().compile(&text).unwrap_err().kind()
    };
    for signature in
        ["b()", "max(java.lang.Double, int)", " b ( c ) ", "`b c`(d)", "b(time offset)", "b/*c*/(d . e)"]
    {
        assert_eq!(kind(signature), ParseErrorKind::ExternalFunction, "{signature}");
    }
    for signature in ["b", "a.b(c)", "b(c[])", "b(double d)", "b(c,)", "b(c)d", "b(in)", "b(1)", "b\\n(c)"] {
        assert_eq!(kind(signature), ParseErrorKind::Syntax, "{signature}");
    }
}

#[test]
fn what_an_order_throws_makes_the_sorted_list_null() {
    assert_eq!(value("sort([[1], 1], function(x, y) x < x)"), Json::Null);
    assert_eq!(value("sort([1, 0], function(x, y) modulo(1, x) < 1)"), Json::Null);
}

#[test]
fn a_context_of_one_value_of_the_input_is_as_any_other() {
    let input = json!({"x": {"text": "a \"b\"", "flag": true, "none": null}});
    let engine = Engine::default();
    for (text, expected) in [
        ("{a: x.text}", json!({"a": "a \"b\""})),
        ("{a: x.flag}", json!({"a": true})),
        ("{a: x.none}", json!({"a": null})),
        ("{a: x.text}.a", json!("a \"b\"")),
        ("{a: x.text}.b", json!(null)),
        ("{a: x.text} = {a: \"a \\\"b\\\"\"}", json!(true)),
        ("{a: x.text} = {a: x.flag}", json!(false)),
        ("get entries({a: x.flag})", json!([{"key": "a", "value": true}])),
        ("get value({a: x.flag}, \"a\")", json!(true)),
        ("context put({a: x.flag}, \"b\", x.none)", json!({"a": true, "b": null})),
        ("context merge([{a: x.flag}, {a: x.text}])", json!({"a": "a \"b\""})),
        ("string({a: x.flag})", json!("{a:true}")),
        ("[{a: x.flag}, {a: x.none}][a = true]", json!([{"a": true}])),
    ] {
        let expression = engine.compile(text).unwrap();
        let value = expression.evaluate(&[&input]).result.unwrap();
        assert_eq!(value.to_json(), expected, "{text}");
        assert_eq!(value.to_json_text(), expected.to_string(), "{text}");
    }
}

#[test]
fn a_long_text_in_a_context_counts_against_the_size() {
    let mut limits = Limits::default();
    limits.max_size = 1000;
    let expression = Engine::default().with_limits(limits).compile("{a: x}").unwrap();
    assert!(expression.evaluate(&[&json!({"x": "y".repeat(15_000)})]).result.is_ok());
    let error = expression.evaluate(&[&json!({"x": "y".repeat(17_000)})]).result.unwrap_err();
    assert_eq!(error.kind(), EvaluationErrorKind::Limit);
}
