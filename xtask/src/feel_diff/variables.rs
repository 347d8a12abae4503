//! The variables that generated expressions see.

use super::{kind::Kind, random::Random};
use anyhow::{Context, Result};
use serde_json::Value;

/// Several scopes of the same names, so that each name has a kind and many values. The last two have values of the
/// wrong kinds on purpose.
const SCOPES: &[&str] = &[
    r#"{"a":1,"b":-2.5,"big":12345678901234567890,"s":"text","k":"x","t":true,"f":false,"n":null,"l":[1,2,3],
        "o":[{"id":1,"v":5,"n":"a"},{"id":2,"n":"b"},{"id":3,"n":"c","v":null}],"c":{"x":1,"y":{"z":"deep","l":[1,2]},"a b":3},
        "e":[],"ss":["b","a","c"],"bs":[true,false],"d":"2024-02-29","item":7,"nested":[[1,2],[3,[4]]]}"#,
    r#"{"a":0,"b":1.10,"big":1e22,"s":"","k":"a b","t":false,"f":true,"n":null,"l":[3,1,2,1],
        "o":[{"id":1,"item":2},{"item":{"id":5},"v":"q"}],"c":{"x":"s","y":[{"z":1},{"z":2}],"x.y":4,"1st":6,"a":9},
        "e":{},"ss":["ä","😀","Z",""],"bs":[true,null],"d":"2026-10-25T02:30:00@Europe/Berlin","item":{"id":3},"nested":[[],[null]]}"#,
    r#"{"a":1.0,"b":1e-7,"big":9223372036854775808,"s":"a😀b","k":"y","t":true,"f":true,"n":null,"l":[1.5,"a",null,true],
        "o":[1,{"id":1},null],"c":{"x":null,"y":{"l":[{"id":1},{"id":2}]}},
        "e":[],"ss":["a",null,1],"bs":[],"d":"PT36H","item":null,"nested":[1,[1,[1]]]}"#,
    r#"{"a":1200,"b":0.001,"big":-9007199254740993,"s":"order-1","k":"z","t":null,"f":false,"l":[10],
        "o":[{"id":9,"v":1},{"id":9,"v":2},{"id":8,"v":3},{"id":7,"v":1}],"c":{"x":12345.678,"y":true,"z":[],"p":1,"q":2,"r":3},
        "e":"","ss":["order","created"],"bs":[false],"d":"10:30:00","item":[1],"nested":{"x":[1]}}"#,
    r#"{"a":"1","b":[1],"big":true,"s":5,"k":{},"t":"true","f":0,"n":0,"l":{"x":1},"o":"o","c":[{"x":1},{"x":2,"y":3}],
        "e":null,"ss":7,"bs":true,"d":20240229,"item":"i","nested":[{"x":[1,2]},{"x":[3]}]}"#,
    "{}",
];

const NAMES: &[(Kind, &[&str])] = &[
    (Kind::Number, &["a", "b", "big", "c.x", "l[1]", "item", "o[1].id", "c.y.z", "c.`a b`"]),
    (Kind::Boolean, &["t", "f", "bs[1]", "c.y"]),
    (Kind::Text, &["s", "k", "d", "ss[1]", "c.y.z", "o[1].n"]),
    (Kind::Numbers, &["l", "o.id", "o.v", "e", "c.y.l", "nested[1]"]),
    (Kind::List, &["o", "l", "e", "ss", "nested", "bs"]),
    (Kind::Context, &["c", "c.y", "o[2]", "e", "item"]),
    (Kind::Contexts, &["o", "c.y", "nested"]),
    (Kind::Texts, &["ss", "o.n", "e"]),
    (Kind::Booleans, &["bs", "e"]),
    (Kind::Anything, &["n", "missing", "a", "item", "c.missing.x", "o.v", "nested"]),
];

/// The scopes.
pub(super) fn scopes() -> Result<Vec<Value>> {
    SCOPES
        .iter()
        .map(|text| serde_json::from_str(text).with_context(|| format!("cannot read {text}")))
        .collect()
}

/// A path to a value that is mostly of the kind.
pub(super) fn path(random: &mut Random, kind: Kind) -> &'static str {
    let of_kind = NAMES.iter().find(|(known, _)| *known == kind);
    match of_kind {
        Some((_, names)) => random.pick(names),
        None => "d",
    }
}
