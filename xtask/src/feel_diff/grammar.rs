//! Expressions, grown from the grammar: each asks for a kind of value and gets one most of the time.

use super::{functions::Function, kind::Kind, literals, random::Random, variables};

/// Grows expressions of one seed.
#[derive(Debug)]
pub(super) struct Grammar<'r> {
    pub(super) random: &'r mut Random,
    pub(super) functions: &'r [Function],
    /// Names that iterations and function bodies around have brought in.
    locals: Vec<(&'static str, Kind)>,
}

const LOCAL_NAMES: &[&str] = &["i", "j", "x", "row", "item", "ä"];
/// What a loop has so far, in small: a result that repeats it whole grows exponentially.
const PARTIAL: &[&str] = &["count(partial)", "partial[-1]", "partial[1]", "sum(partial)", "partial = []"];
const KEYS: &[&str] = &[
    "x", "y", "z", "id", "v", "\"a b\"", "a b", "\"1st\"", "n", "p", "q", "r", "a+b", "ä", "item", "\"\"",
    "d",
];
const TYPES: &[&str] = &[
    "number",
    "string",
    "boolean",
    "list",
    "context",
    "date",
    "time",
    "date and time",
    "Any",
    "function",
    "range",
    "years and months duration",
    "days and time duration",
    "day-time-duration",
    "year-month-duration",
    "null",
    "any",
    "list<number>",
    "Number",
];
const PROPERTIES: &[&str] = &[
    "year",
    "month",
    "day",
    "weekday",
    "hour",
    "minute",
    "second",
    "time offset",
    "timezone",
    "days",
    "hours",
    "minutes",
    "seconds",
    "years",
    "months",
    "x",
    "start",
    "end",
    "start included",
    "end included",
    "value",
];

impl<'r> Grammar<'r> {
    /// A grammar that draws from this stream.
    pub(super) fn new(random: &'r mut Random, functions: &'r [Function]) -> Self {
        Self { random, functions, locals: Vec::new() }
    }

    /// An expression of any kind.
    pub(super) fn expression(&mut self) -> String {
        let kind = Kind::any(self.random);
        let depth = 1 + self.random.below(4);
        self.of(kind, depth)
    }

    /// An expression that is mostly of the kind, with at most this many levels below it.
    pub(super) fn of(&mut self, kind: Kind, depth: usize) -> String {
        let kind = if self.random.percent(6) { Kind::any(self.random) } else { kind };
        if depth == 0 {
            return self.leaf(kind);
        }
        match self.random.below(20) {
            0..=1 => self.leaf(kind),
            2..=7 => self.call(kind, depth - 1),
            8 => self.condition(kind, depth - 1),
            9 => format!("({}{}{})", self.space(), self.of(kind, depth - 1), self.space()),
            10 => self.access(kind, depth - 1),
            11 => self.local_function(kind, depth - 1),
            _ => self.composed(kind, depth - 1),
        }
    }

    fn composed(&mut self, kind: Kind, depth: usize) -> String {
        match kind {
            Kind::Number => self.arithmetic(Kind::Number, depth),
            Kind::Boolean => self.logic(depth),
            Kind::Text => self.joined(Kind::Text, "+", Kind::Text, depth),
            Kind::Numbers => self.list_of(Kind::Number, depth),
            Kind::List | Kind::Anything => self.list_of_some(depth),
            Kind::Texts => self.list_of(Kind::Text, depth),
            Kind::Booleans => self.list_of(Kind::Boolean, depth),
            Kind::Contexts => self.list_of(Kind::Context, depth),
            Kind::Context => self.context(depth),
            Kind::Date | Kind::DateTime | Kind::Time | Kind::DaysTime | Kind::YearsMonths => {
                self.temporal(kind, depth)
            }
            Kind::Function => self.function_value(depth),
            Kind::Range => self.range(depth),
            Kind::Pattern | Kind::Flags | Kind::Json => self.leaf(kind),
        }
    }

    fn leaf(&mut self, kind: Kind) -> String {
        let local = self.locals.get(self.random.below(self.locals.len())).copied();
        let fitting = local.filter(|(_, local)| *local == kind || *local == Kind::Anything);
        if let Some((name, _)) = fitting.filter(|_| self.random.percent(70)) {
            return self.property_of(name);
        }
        if self.random.percent(30) {
            return variables::path(self.random, kind).to_owned();
        }
        self.literal(kind)
    }

    fn property_of(&mut self, name: &str) -> String {
        if self.random.percent(25) {
            return format!("{name}.{}", self.random.pick(&["id", "v", "x", "item", "n"]));
        }
        name.to_owned()
    }

    pub(super) fn literal(&mut self, kind: Kind) -> String {
        let random = &mut *self.random;
        match kind {
            Kind::Number if random.percent(30) => literals::position(random),
            Kind::Number => literals::number(random),
            Kind::Boolean => random.pick(&["true", "false"]).to_owned(),
            Kind::Text => format!("\"{}\"", literals::text(random)),
            Kind::Numbers => random.pick(&["[]", "[1]", "[3,1,2]", "[1.0,1,2]", "[1,null]"]).to_owned(),
            Kind::List => {
                random.pick(&["[]", "[1,\"a\",null]", "[[1],[2,[3]]]", "[true]", "[{a:1},{a:1}]"]).to_owned()
            }
            Kind::Context => random
                .pick(&["{}", "{x:1}", "{\"a b\":[1]}", "{x:{y:2}}", "{a:1,b:2,c:3,d:4,e:5}"])
                .to_owned(),
            Kind::Date | Kind::Time | Kind::DateTime | Kind::DaysTime | Kind::YearsMonths => {
                self.temporal_literal(kind)
            }
            Kind::Anything => {
                random.pick(&["null", "1", "\"a\"", "true", "[]", "{}", "@\"2024-02-29\""]).to_owned()
            }
            Kind::Function => {
                random.pick(&["function(x,y) x<y", "function(a,b) a>b", "function(i) i"]).to_owned()
            }
            Kind::Range => {
                random.pick(&["[1..5]", "(1..10)", "]2..3[", "[1..1]", "(5..1]", "[10..20)"]).to_owned()
            }
            Kind::Pattern => format!("\"{}\"", literals::pattern(random)),
            Kind::Flags => format!("\"{}\"", literals::flags(random)),
            Kind::Texts => {
                random.pick(&["[]", "[\"a\",\"b\"]", "[\"x\",null]", "[\"b\",\"a\",\"b\"]"]).to_owned()
            }
            Kind::Booleans => random.pick(&["[]", "[true,false]", "[true,null]", "[true,1]"]).to_owned(),
            Kind::Json => format!("\"{}\"", literals::document(random)),
            Kind::Contexts => {
                random.pick(&["[]", "[{x:1},{y:2}]", "[{key:\"a\",value:1}]", "[{x:1},{x:2}]"]).to_owned()
            }
        }
    }

    fn temporal_literal(&mut self, kind: Kind) -> String {
        let (function, text) = match kind {
            Kind::Date => ("date", literals::date(self.random)),
            Kind::Time => ("time", literals::time(self.random)),
            Kind::DateTime => ("date and time", literals::date_time(self.random)),
            Kind::DaysTime => ("duration", literals::days(self.random).to_owned()),
            _ => ("duration", literals::months(self.random).to_owned()),
        };
        match self.random.below(2) {
            0 => format!("@\"{text}\""),
            _ => format!("{function}(\"{text}\")"),
        }
    }

    /// Nothing, a space, or something that is as good as a space.
    fn space(&mut self) -> &'static str {
        match self.random.below(30) {
            0 => "\n",
            1 => "  ",
            2 => "\t",
            3 => " /* c */ ",
            4 => "\r\n",
            5 => " // c\n",
            6..=12 => "",
            _ => " ",
        }
    }

    fn joined(&mut self, left: Kind, operator: &str, right: Kind, depth: usize) -> String {
        let (before, after) = (self.space(), self.space());
        format!("{}{before}{operator}{after}{}", self.of(left, depth), self.of(right, depth))
    }

    fn arithmetic(&mut self, kind: Kind, depth: usize) -> String {
        if self.random.percent(10) {
            return format!("-{}", self.of(kind, depth));
        }
        let operator = self.random.pick(&["+", "-", "*", "/", "+", "-", "*", "**"]);
        if operator == "**" {
            let exponent = self.random.pick(&["2", "0", "-1", "3", "0.5", "10", "a", "-2", "1.5"]);
            return format!("{}**{exponent}", self.of(kind, depth));
        }
        self.joined(kind, operator, kind, depth)
    }

    fn comparable(&mut self) -> Kind {
        let kinds =
            [Kind::Number, Kind::Number, Kind::Text, Kind::Date, Kind::Time, Kind::DateTime, Kind::DaysTime];
        let more = [Kind::YearsMonths, Kind::Boolean, Kind::Anything, Kind::List, Kind::Context];
        let place = self.random.below(kinds.len() + more.len());
        kinds.iter().chain(&more).nth(place).copied().unwrap_or(Kind::Number)
    }

    fn logic(&mut self, depth: usize) -> String {
        match self.random.below(10) {
            0..=1 => self.joined(Kind::Boolean, " and ", Kind::Boolean, depth),
            2 => self.joined(Kind::Boolean, " or ", Kind::Boolean, depth),
            3..=5 => {
                let kind = self.comparable();
                let operator = self.random.pick(&["=", "!=", "<", "<=", ">", ">="]);
                self.joined(kind, operator, kind, depth)
            }
            6 => {
                let kind = self.comparable();
                let (value, low, high) = (self.of(kind, depth), self.of(kind, depth), self.of(kind, depth));
                format!("{value} between {low} and {high}")
            }
            7 => format!("{} in {}", self.of(Kind::Number, depth), self.tests(depth)),
            8 => {
                let kind = Kind::any(self.random);
                format!("{} instance of {}", self.of(kind, depth), self.random.pick(TYPES))
            }
            _ => self.quantified(depth),
        }
    }

    /// What stands after `in`.
    fn tests(&mut self, depth: usize) -> String {
        match self.random.below(6) {
            0 => self.range(depth),
            1 => self.of(Kind::Numbers, depth),
            2 => format!("({}, {})", self.test(depth), self.test(depth)),
            3 => format!("not({})", self.test(depth)),
            _ => self.test(depth),
        }
    }

    fn test(&mut self, depth: usize) -> String {
        let kind = self.comparable();
        match self.random.below(5) {
            0 => {
                format!("({} {})", self.random.pick(&["<", ">", "<=", ">=", "=", "!="]), self.of(kind, depth))
            }
            1 => format!("? {} {}", self.random.pick(&["<", ">", "=", "+"]), self.of(kind, depth)),
            2 => format!("{} {}", self.random.pick(&["<", ">", "<=", ">="]), self.of(kind, depth)),
            3 => self.range(depth),
            _ => self.of(kind, depth),
        }
    }

    fn with_local<T>(&mut self, name: &'static str, kind: Kind, then: impl FnOnce(&mut Self) -> T) -> T {
        self.locals.push((name, kind));
        let result = then(self);
        self.locals.pop();
        result
    }

    fn quantified(&mut self, depth: usize) -> String {
        let name = self.random.pick(LOCAL_NAMES);
        let word = self.random.pick(&["some", "every"]);
        let source = self.source(depth);
        let body = self.with_local(name, Kind::Anything, |grammar| grammar.of(Kind::Boolean, depth));
        format!("{word} {name} in {source} satisfies {body}")
    }

    fn source(&mut self, depth: usize) -> String {
        match self.random.below(4) {
            0 => self.of(Kind::List, depth),
            1 => format!("{}..{}", literals::position(self.random), literals::position(self.random)),
            _ => self.of(Kind::Numbers, depth),
        }
    }

    fn for_loop(&mut self, kind: Kind, depth: usize) -> String {
        let name = self.random.pick(LOCAL_NAMES);
        let mut heads = format!("{name} in {}", self.source(depth));
        if self.random.percent(25) {
            heads.push_str(&format!(", {} in {}", self.random.pick(LOCAL_NAMES), self.source(depth)));
        }
        let body = match self.random.percent(8) {
            true => self.random.pick(PARTIAL).to_owned(),
            false => self.with_local(name, Kind::Anything, |grammar| grammar.of(kind, depth)),
        };
        format!("for {heads} return {body}")
    }

    fn list_of(&mut self, kind: Kind, depth: usize) -> String {
        match self.random.below(6) {
            0..=1 => self.for_loop(kind, depth),
            2 => self.filter(kind, depth),
            _ => {
                let items: Vec<String> = (0..self.random.below(5)).map(|_| self.of(kind, depth)).collect();
                format!("[{}]", items.join(self.random.pick(&[",", ", ", " , "])))
            }
        }
    }

    fn list_of_some(&mut self, depth: usize) -> String {
        let kind = Kind::any(self.random);
        self.list_of(kind, depth)
    }

    fn filter(&mut self, kind: Kind, depth: usize) -> String {
        let list =
            if kind == Kind::Number { self.of(Kind::Numbers, depth) } else { self.of(Kind::List, depth) };
        let test = self.with_local("item", Kind::Anything, |grammar| match grammar.random.below(4) {
            0 => grammar.of(Kind::Number, depth),
            1 => format!("item {} {}", grammar.random.pick(&["<", ">", "=", "!="]), grammar.of(kind, depth)),
            2 => format!(
                "{} = {}",
                grammar.random.pick(&["id", "v", "x", "item.id", "n"]),
                grammar.leaf(Kind::Number)
            ),
            _ => grammar.of(Kind::Boolean, depth),
        });
        format!("{list}[{test}]")
    }

    fn context(&mut self, depth: usize) -> String {
        let mut entries = Vec::new();
        for _ in 0..self.random.below(5) {
            let kind = Kind::any(self.random);
            let kind = if self.random.percent(5) { Kind::Function } else { kind };
            entries.push(format!("{}:{}{}", self.random.pick(KEYS), self.space(), self.of(kind, depth)));
        }
        format!("{{{}}}", entries.join(", "))
    }

    fn temporal(&mut self, kind: Kind, depth: usize) -> String {
        let duration = if self.random.percent(70) { Kind::DaysTime } else { Kind::YearsMonths };
        let sign = self.random.pick(&["+", "-"]);
        match (kind, self.random.below(4)) {
            (Kind::Date | Kind::DateTime | Kind::Time, 0..=2) => self.joined(kind, sign, duration, depth),
            (Kind::Date | Kind::DateTime, _) => self.joined(duration, "+", kind, depth),
            (_, 0) => self.joined(kind, sign, kind, depth),
            (_, 1) => self.joined(kind, "*", Kind::Number, depth),
            (_, 2) => self.joined(kind, "/", Kind::Number, depth),
            _ => {
                let point = [Kind::Date, Kind::DateTime, Kind::Time];
                let point = point.get(self.random.below(point.len())).copied().unwrap_or(Kind::Date);
                self.joined(point, "-", point, depth)
            }
        }
    }

    fn range(&mut self, depth: usize) -> String {
        let kind = self.comparable();
        let (open, close) =
            (self.random.pick(&["[", "(", "]", "["]), self.random.pick(&["]", ")", "[", "]"]));
        let depth = depth.min(1);
        format!("{open}{}..{}{close}", self.of(kind, depth), self.of(kind, depth))
    }

    fn function_value(&mut self, depth: usize) -> String {
        if self.random.percent(2) {
            let signature =
                self.random.pick(&["max(double, java.lang.Double)", "f()", "a.f(x)", " f ( x ) ", "f(x y)"]);
            return format!(
                "function(x) external {{java: {{class: \"C\", method signature: \"{signature}\"}}}}"
            );
        }
        let body = self.with_local("x", Kind::Anything, |grammar| grammar.of(Kind::Boolean, depth));
        let names = self.random.pick(&["x, y", "x,item", "x", "a, x", "x: number, y: number", ""]);
        format!("function({names}) {body}")
    }

    fn condition(&mut self, kind: Kind, depth: usize) -> String {
        let (test, yes, no) = (self.of(Kind::Boolean, depth), self.of(kind, depth), self.of(kind, depth));
        format!("if {test} then {yes} else {no}")
    }

    fn access(&mut self, kind: Kind, depth: usize) -> String {
        match self.random.below(5) {
            0 => format!("{{x: {}}}.x", self.of(kind, depth)),
            1 => format!("[{}][{}]", self.of(kind, depth), literals::position(self.random)),
            2 => self.filter(kind, depth),
            3 => {
                let of = [
                    Kind::Date,
                    Kind::Time,
                    Kind::DateTime,
                    Kind::DaysTime,
                    Kind::YearsMonths,
                    Kind::Contexts,
                ];
                let of = of.get(self.random.below(of.len())).copied().unwrap_or(Kind::Range);
                format!("{}.{}", self.of(of, depth), self.random.pick(PROPERTIES))
            }
            _ => format!("({}).{}", self.of(Kind::Context, depth), self.random.pick(KEYS)),
        }
    }

    fn local_function(&mut self, kind: Kind, depth: usize) -> String {
        let body = self.with_local("x", Kind::Anything, |grammar| grammar.of(kind, depth));
        let argument = self.of(Kind::Anything, depth);
        match self.random.below(3) {
            0 => format!("{{f: function(x) {body}, r: f({argument})}}.r"),
            1 => format!("{{f: function(x) {body}}}.f(x: {argument})"),
            _ => format!("{{f: function(x, y) {body}, r: f(y: 1, x: {argument})}}"),
        }
    }
}
