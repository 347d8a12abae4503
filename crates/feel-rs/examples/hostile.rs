//! Times expressions that want to stop the process: for each a line `{"id", "milliseconds", "answer"}` of CPU time and of
//! how it ended. `cargo xtask bench feel` runs it and refuses more than a second.

use std::time::Duration;

use feel_rs::Engine;
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};

fn main() {
    let context = json!({
        "s": "a".repeat(100_000) + "!",
        "t": "ab".repeat(200),
        "l": (0..20_000).collect::<Vec<_>>(),
        "texts": (0..3_000).map(|number| format!("{number}{}", "x".repeat(1_000))).collect::<Vec<_>>(),
        "contexts": (0..2_000).map(|number| json!({"a": number, "b": [number, "x"]})).collect::<Vec<_>>(),
    });
    for (id, text) in cases() {
        let start = clock_gettime(ClockId::ThreadCPUTime);
        let answer = answer(&text, &context);
        let used = clock_gettime(ClockId::ThreadCPUTime) - start;
        let milliseconds = Duration::try_from(used).unwrap_or_default().as_secs_f64() * 1e3;
        println!("{}", json!({"id": id, "milliseconds": milliseconds, "answer": answer}));
    }
}

fn answer(text: &str, context: &Value) -> &'static str {
    match Engine::default().compile(text) {
        Err(error) => error.code(),
        Ok(expression) => match expression.evaluate(&[context]).result.map(|value| value.to_json_text()) {
            Ok(_) => "value",
            Err(error) => error.code(),
        },
    }
}

fn cases() -> Vec<(&'static str, String)> {
    let chain = |first: &str, next: fn(usize) -> String, count: usize| {
        let entries: String = (1..count).map(next).collect();
        format!("{{f0: {first}{entries}")
    };
    let digits = |count: usize| "9".repeat(count);
    let plain = |id: &'static str, text: &str| (id, text.to_owned());
    vec![
        ("10,000 parentheses", format!("{}1{}", "(".repeat(10_000), ")".repeat(10_000))),
        ("10,000 open brackets", "[".repeat(10_000)),
        ("10,000 open contexts", "{a: ".repeat(10_000)),
        ("1 MiB of additions", "1 + ".repeat(1 << 18)),
        ("256 KiB of additions", format!("1{}", " + 1".repeat(65_000))),
        (
            "256 KiB of keys",
            format!("{{{}z: 1}}", (0..24_000).map(|n| format!("k{n}: 1,")).collect::<String>()),
        ),
        ("256 KiB of one text", format!("\"{}\"", "x".repeat(250_000))),
        ("256 KiB of dates", format!("[{}1]", "date(\"2024-02-29\"),".repeat(12_500))),
        plain("10**(10**10)", "10**(10**10)"),
        plain("9**9**9", "9**9**9"),
        plain("2**2147483648", "2**2147483648"),
        plain("a loop whose steps change nothing", "for i in 5*10**54..3 return count(partial)"),
        ("long products", format!("for i in 1..100000 return {} * {0}", digits(20_000))),
        ("long quotients", format!("for i in 1..100000 return {} / {}", digits(20_000), digits(9_999))),
        ("long sums", format!("for i in 1..100000 return {} + i", digits(100_000))),
        ("long powers", format!("for i in 1..1000 return {}**7", digits(10_000))),
        ("long roundings", "for i in 1..100000 return decimal(1/3, 150000) * i".to_owned()),
        ("long range", format!("for i in {}..3 return i + sum(l)", digits(43))),
        ("sums of texts", format!("for i in 1..100000 return number(\"{}\")", digits(50_000))),
        (
            "long comparisons",
            format!("for i in 1..100000 return {} < {}.5", digits(100_000), digits(100_000)),
        ),
        plain("statistics", "for i in 1..100000 return stddev(l) + median(l) + sum(l) + count(mode(l))"),
        plain("catastrophic (a+)+$", "matches(s, \"(a+)+$\")"),
        plain("catastrophic look-ahead", "matches(s, \"(?=(a+)+$)b\")"),
        plain("catastrophic back reference", "matches(s, \"(a*)*\\1b\")"),
        plain("repeated look-ahead", "for i in 1..100000 return matches(t, \"(?=(a|b|ab)+$)c\")"),
        plain("repeated back reference", "for i in 1..100000 return matches(t, \"(.*)(.*)\\2\\1c\")"),
        plain("replaced look-ahead", "for i in 1..100000 return replace(t, \"a(?=(ab|b|a)*c)\", \"x\")"),
        plain("quadratic look-ahead", "matches(s, \"a(?=a*b)\")"),
        plain("quadratic before the end", "matches(s, \"(a*b)$\")"),
        plain("many states", "for i in 1..1000 return matches(s, \"(a?){900}a{900}b\")"),
        plain("large classes", "matches(s, \"(\\p{L}{1,50}){1,40}!!\")"),
        plain("new patterns", "for i in 1..100000 return matches(\"x\", \"\\w{40}\" + string(i))"),
        plain("quadratic matches", "extract(upper case(s), \".*[^A-Z!]|[A-Z]\")"),
        plain("matches of a sequence", "for i in 1..100000 return extract(s, \"[^!]*?a[^!]*?a+!?\")"),
        plain("long matches of a sequence", "for i in 1..100000 return extract(s, \"a[^!]*!?a?\")"),
        plain("split into pieces", "for i in 1..100000 return count(split(s, \"\"))"),
        plain("replace with more", "for i in 1..100000 return replace(s, \"a\", \"bbbbbbbbbbbbbbbb\")"),
        (
            "functions that call functions",
            chain("function() 1", |n| format!(", f{n}: function() f{}() + f{0}()", n - 1), 60)
                + ", r: f59()}.r",
        ),
        (
            "deep functions",
            chain("function() 1", |n| format!(", f{n}: function() f{}()", n - 1), 2_000) + ", r: f1999()}.r",
        ),
        plain("a function given to itself", "{f: function(g) g(g), r: f(f)}.r"),
        plain("for 1..1000000000", "for i in 1..1000000000 return i"),
        plain("cross product", "for i in 1..10000, j in 1..10000, k in 1..10000 return i + j + k"),
        plain("nested loops", "for i in 1..10000 return for j in 1..10000 return for k in 1..10000 return k"),
        plain("some of a cross product", "some i in 1..100000, j in 1..100000 satisfies i + j < 0"),
        plain("partial", "for i in 1..100000 return count(partial)"),
        ("text doubling", chain("\"0123456789\"", |n| format!(", f{n}: f{} + f{0}", n - 1), 60) + "}"),
        ("list doubling", chain("[1, 2, 3]", |n| format!(", f{n}: concatenate(f{}, f{0})", n - 1), 60) + "}"),
        ("shared lists", chain("[1]", |n| format!(", f{n}: [f{}, f{0}]", n - 1), 60) + "}.f59"),
        plain("long texts", "for i in 1..100000 return s + s"),
        plain("long text functions", "for i in 1..100000 return upper case(s)"),
        plain("contains", "for i in 1..100000 return contains(s, \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\")"),
        plain("substrings", "for i in 1..100000 return substring(s, i)"),
        plain("string of lists", "for i in 1..100000 return string(l)"),
        plain("to json and back", "for i in 1..100000 return from json(to json(contexts))"),
        plain("base64", "for i in 1..100000 return to base64(s)"),
        plain("distinct values", "distinct values(l)"),
        plain("duplicate values", "duplicate values(l)"),
        plain("distinct texts", "distinct values(texts)"),
        plain("distinct contexts", "distinct values(contexts)"),
        plain("distinct shared contexts", "distinct values(for c in contexts return {x: contexts, n: c.a})"),
        plain("union", "union(l, l, contexts)"),
        plain("list contains", "for i in l return list contains(l, -1)"),
        plain("list contains contexts", "for i in 1..100000 return list contains(contexts, {a: 1})"),
        plain("index of texts", "for t in texts return index of(texts, t)"),
        plain("equal lists", "for i in 1..100000 return l = l"),
        plain("equal input", "for c in l return contexts = contexts"),
        plain("sort", "sort(l, function(x, y) count(l[item < x]) > y)"),
        plain("sort texts", "for i in 1..1000 return sort(texts, function(x, y) x < y)"),
        plain("removes", "for i in 1..100000 return remove(l, 1)"),
        plain("appends", "for i in 1..100000 return append(l, 1)"),
        plain("flatten", "for i in 1..100000 return flatten([l, l])"),
        plain("reverse", "for i in 1..100000 return reverse(l)"),
        plain("joins", "for i in 1..100000 return string join(texts)"),
        plain("min and max", "for i in 1..100000 return max(l) + min(texts)"),
        plain("paths of lists", "for i in 1..100000 return contexts.b"),
        plain("filters in filters", "l[count(l[item > 1]) > 1]"),
        plain("index filters", "for i in 1..100000 return l[i]"),
        plain("context merges", "for i in 1..100000 return context merge(contexts)"),
        plain("context puts", "for i in 1..100000 return context put({a: l}, \"b\", l)"),
        plain("get entries", "for i in 1..100000 return get entries(contexts[1])"),
        plain("warnings", "for i in 1..100000 return s + 1"),
        plain(
            "dates",
            "for i in 1..100000 return string(date and time(\"2024-02-29T10:00:00@Europe/Berlin\") + duration(\"P1D\"))",
        ),
        plain("zones", "for i in 1..100000 return date and time(\"999999999-02-28T10:00:00@Europe/Berlin\")"),
        ("ranges", "for i in 1..100000 return overlaps([1..i], [2..3])".to_owned()),
    ]
}
