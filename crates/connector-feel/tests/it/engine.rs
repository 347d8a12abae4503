//! Expressions as the connectors evaluate them.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use connector_feel::{FeelEngine, FeelOptions, FeelPhase};
use serde_json::{Value, json};

fn feel() -> FeelEngine {
    FeelEngine::new(FeelOptions::default())
}

fn evaluate(text: &str, contexts: &[&Value]) -> Value {
    feel().evaluate(text, contexts).unwrap()
}

#[test]
fn drops_white_space_and_one_equals_sign() {
    assert_eq!(evaluate(" \n= 1 + 1 ", &[]), json!(2));
    assert_eq!(evaluate("1 + 1", &[]), json!(2));
    assert!(feel().compile("==1").is_err());
    assert_eq!(feel().compile(" =1").unwrap().text(), " =1");
}

#[test]
fn later_contexts_hide_earlier_ones_and_others_are_skipped() {
    let (first, second) = (json!({"a": 1, "b": 1}), json!({"b": 2}));
    assert_eq!(evaluate("[a, b]", &[&first, &json!([1]), &json!(null), &second]), json!([1, 2]));
}

#[test]
fn what_proves_long_moves_elsewhere_and_gives_the_same() {
    static MOVED: AtomicUsize = AtomicUsize::new(0);
    let mut options = FeelOptions::default();
    options.long_work = Some(|work| {
        MOVED.fetch_add(1, Ordering::Relaxed);
        work();
    });
    let moving = FeelEngine::new(options);
    for (text, moves) in [
        ("=sum(for i in 1..100 return i)", 0),
        ("=missing.field", 0),
        ("=sum(for i in 1..20000 return i)", 1),
        ("=count(for i in 1..2000, j in 1..2000 return i * j)", 1),
    ] {
        let before = MOVED.load(Ordering::Relaxed);
        let (theirs, ours) = (feel().evaluate(text, &[]), moving.evaluate(text, &[]));
        assert_eq!(ours, theirs, "{text}");
        assert_eq!(MOVED.load(Ordering::Relaxed) - before, moves, "{text}");
    }
}

#[test]
fn the_json_text_is_that_of_the_value() {
    let (feel, context) =
        (feel(), json!({"a": {"b": [1.10, "\u{1}\"", null]}, "c": 12345678901234567890_u64}));
    for text in [
        "=a",
        "={x: a.b, y: c}",
        "=1/3",
        "=null",
        "=[]",
        "=\"é\"",
        "=createDocument({a: 1}).value",
        "=date(\"2024-02-29\")",
    ] {
        let value = feel.evaluate(text, &[&context]).unwrap();
        assert_eq!(feel.evaluate_to_json(text, &[&context]).unwrap(), value.to_string(), "{text}");
    }
    for text in ["=createDocument(1)", "=assert(null, false)", "=1 +"] {
        let error = feel.evaluate(text, &[&context]).unwrap_err();
        assert_eq!(feel.evaluate_to_json(text, &[&context]).unwrap_err().to_string(), error.to_string());
    }
}

#[test]
fn results_become_texts() {
    let feel = feel();
    let text = |expression: &str| feel.evaluate_to_string(expression, &[]).unwrap();
    assert_eq!(text("=null"), None);
    assert_eq!(text("=\"a\"").as_deref(), Some("a"));
    assert_eq!(text("=1.50").as_deref(), Some("1.5"));
    assert_eq!(text("=10**20").as_deref(), Some("1.0E20"));
    assert_eq!(text("=true").as_deref(), Some("true"));
    assert_eq!(text("={a: 1}").as_deref(), Some("{\"a\":1}"));
    let error = feel.evaluate_to_string("=[1]", &[]).unwrap_err();
    assert_eq!(error.phase(), FeelPhase::Convert);
    assert_eq!(
        error.to_string(),
        "Failed to evaluate expression '=[1]' in context '[1]'. Reason: Cannot parse '[1]' as 'java.lang.String'."
    );
}

#[test]
fn a_condition_is_met_by_true_alone() {
    let feel = feel();
    for (text, met) in [("true", true), ("false", false), ("null", false), ("\"true\"", false), ("1", false)]
    {
        assert_eq!(feel.evaluate_condition(text, &[]).unwrap(), met, "{text}");
    }
}

#[test]
fn errors_name_expression_context_and_reason() {
    let error = feel().evaluate("= 1 +", &[&json!({"a": 1}), &json!({"b": 2})]).unwrap_err();
    assert_eq!(error.phase(), FeelPhase::Parse);
    assert_eq!(
        error.to_string(),
        "Failed to evaluate expression '= 1 +' in context '{\"a\":1,\"b\":2}'. Reason: failed to parse expression \
         '1 +': Expected (binaryComparison | between | instanceOf | in | \"and\" | \"or\" | end-of-input):1:3, \
         found \"+\""
    );
    let error = feel().evaluate("assert(a, false)", &[&json!({"a": "x".repeat(3000)})]).unwrap_err();
    assert_eq!(error.phase(), FeelPhase::Eval);
    assert!(error.to_string().contains("...(truncated)'. Reason: Assertion failure"), "{error}");
}

#[test]
fn huge_and_deep_expressions_are_refused_with_a_short_text() {
    for text in ["1 + ".repeat(1 << 18), "(".repeat(10_000), "[".repeat(200_000)] {
        let error = feel().compile(&text).unwrap_err();
        assert_eq!(error.phase(), FeelPhase::Limit);
        assert!(error.to_string().len() < 5000);
    }
    let error = feel().evaluate("for i in 1..10**12 return i", &[]).unwrap_err();
    assert_eq!(error.phase(), FeelPhase::Limit);
}

#[test]
fn compiled_expressions_are_kept_up_to_the_capacity() {
    let mut options = FeelOptions::default();
    options.cache_capacity = 8;
    let feel = FeelEngine::new(options);
    for number in 0..100 {
        feel.evaluate(&number.to_string(), &[]).unwrap();
    }
    assert!(feel.cached() <= 8, "{}", feel.cached());
    assert!(feel.evaluate("1 +", &[]).is_err());
    assert!(feel.cached() <= 8);
}

#[test]
fn one_expression_is_evaluated_by_many_threads() {
    let feel = feel();
    let expression = feel.compile("sum(for i in 1..n return i)").unwrap();
    std::thread::scope(|scope| {
        for n in 1..8_i64 {
            let expression = expression.clone();
            scope.spawn(move || {
                assert_eq!(expression.evaluate(&[&json!({"n": n})]).unwrap(), json!(n * (n + 1) / 2));
            });
        }
    });
}

#[test]
fn backoff_spreads_by_the_given_jitter() {
    for (random, expected) in [(0.0, "PT0.9S"), (0.5, "PT1S")] {
        let mut options = FeelOptions::default();
        options.jitter = Arc::new(move || random);
        let text = "backoff(1, duration(\"PT1S\"), 2, duration(\"PT10S\"), 0.1)";
        assert_eq!(FeelEngine::new(options).evaluate(text, &[]).unwrap(), json!(expected));
    }
}

#[test]
fn a_document_in_the_result_is_a_clear_error() {
    let feel = feel();
    for text in ["=createDocument(\"x\")", "={a: [createDocument({b: 1})]}", "=[createDocument(1)][1]"] {
        let error = feel.evaluate(text, &[]).unwrap_err();
        assert_eq!((error.phase(), error.code()), (FeelPhase::Convert, "FEEL_DOCUMENT"), "{text}");
        assert!(error.reason().contains("no document store"), "{error}");
    }
    assert_eq!(evaluate("=createDocument({a: 1}).value.a", &[]), json!(1));
}

#[test]
fn json_that_looks_like_a_document_stays_as_it_is() {
    let body = json!({"connectorResultFunction": "createDocument", "value": 1});
    let context = json!({"body": body, "guess": {"connectorResultFunction": "createDocument:0", "value": 1}});
    assert_eq!(evaluate("=body", &[&context]), body);
    let text = "=if is defined(createDocument(1)) then [body, guess] else null";
    assert_eq!(evaluate(text, &[&context]), json!([body, context["guess"]]));
}

#[test]
fn a_number_beyond_doubles_inside_the_input_becomes_null() {
    let context: Value = serde_json::from_str("{\"body\": {\"a\": 1e400, \"l\": [1e400, 1.0]}}").unwrap();
    assert_eq!(evaluate("={b: body}", &[&context]), json!({"b": {"a": null, "l": [null, 1]}}));
}
