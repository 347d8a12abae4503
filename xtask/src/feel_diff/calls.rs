//! Calls of functions, by position and by name, with too few and too many arguments now and then.

use super::{functions::Parameter, grammar::Grammar, kind::Kind, literals};

impl Grammar<'_> {
    /// A call of a function that answers with the kind, or any kind's literal when there is none.
    pub(super) fn call(&mut self, kind: Kind, depth: usize) -> String {
        let functions = self.functions;
        let fitting = |wanted: Kind| functions.iter().filter(move |function| function.result == wanted);
        let any = kind == Kind::Anything || self.random.percent(10);
        let count = if any { functions.len() } else { fitting(kind).count() };
        let place = self.random.below(count);
        let function = if any { functions.get(place) } else { fitting(kind).nth(place) };
        let Some(function) = function else { return self.literal(kind) };
        let by_name = self.random.percent(12);
        let mut arguments = Vec::new();
        for parameter in &function.parameters {
            let times = if parameter.repeats && !by_name { 1 + self.random.below(4) } else { 1 };
            for _ in 0..times {
                let value = self.argument(function.name, parameter, depth);
                arguments.push(if by_name { format!("{}: {value}", parameter.name) } else { value });
            }
        }
        self.disturb(&mut arguments, by_name);
        let name =
            if self.random.percent(1) { function.name.replace(' ', "  ") } else { function.name.to_owned() };
        format!("{name}({})", arguments.join(self.random.pick(&[",", ", "])))
    }

    fn argument(&mut self, function: &str, parameter: &Parameter, depth: usize) -> String {
        let is_place = matches!(
            parameter.name,
            "position" | "start" | "start position" | "length" | "size" | "hour" | "minute" | "second"
        );
        if is_place && self.random.percent(75) {
            return literals::position(self.random);
        }
        if matches!(parameter.name, "scale" | "scala") {
            return literals::scale(self.random);
        }
        let of_function = match function {
            "month" | "day" => Some(Kind::Number),
            "date" if parameter.kind == Kind::Text => Some(Kind::Date),
            "time" if parameter.kind == Kind::Text => Some(Kind::Time),
            "date and time" if parameter.kind == Kind::Text => Some(Kind::DateTime),
            "duration" => Some(Kind::DaysTime),
            _ => None,
        };
        match of_function {
            Some(kind) if self.random.percent(70) => format!("\"{}\"", self.temporal_text(kind)),
            _ if self.random.percent(3) => "null".to_owned(),
            _ => self.of(parameter.kind, depth),
        }
    }

    fn temporal_text(&mut self, kind: Kind) -> String {
        match kind {
            Kind::Date => literals::date(self.random),
            Kind::Time => literals::time(self.random),
            Kind::DateTime => literals::date_time(self.random),
            _ if self.random.percent(60) => literals::days(self.random).to_owned(),
            _ => literals::months(self.random).to_owned(),
        }
    }

    fn disturb(&mut self, arguments: &mut Vec<String>, by_name: bool) {
        match self.random.below(60) {
            0 => drop(arguments.pop()),
            1 if !by_name => arguments.push("1".to_owned()),
            2 if by_name => arguments.push("other: 1".to_owned()),
            3 => arguments.reverse(),
            4 if arguments.len() > 1 => drop(arguments.remove(0)),
            _ => {}
        }
    }
}
