//! The syntax tree as text, in the reference's notation: `Addition(Ref(List(a)),ConstNumber(1))`.

use crate::{
    syntax::{
        Arguments, Call, Comparison, Iterator, Node, NodeId, Operator, RangeNode, Reference, Step, Tree,
    },
    temporal::{Temporal, Time},
};

/// A construct with its parts.
pub(crate) fn node(tree: &Tree, id: NodeId) -> String {
    let print = |id: &NodeId| node(tree, *id);
    match tree.node(id) {
        Node::Null => "ConstNull".to_owned(),
        Node::Boolean(value) => format!("ConstBool({value})"),
        Node::Number(value) => format!("ConstNumber({value})"),
        Node::String(text) => format!("ConstString({text})"),
        Node::Temporal(value) => temporal(value),
        Node::Input => "ConstInputValue".to_owned(),
        Node::List(items) => format!("ConstList({})", list(items.iter().map(print))),
        Node::Context(entries) => {
            let entries = entries.iter().map(|entry| format!("({},{})", entry.key, node(tree, entry.value)));
            format!("ConstContext({})", list(entries))
        }
        Node::Range(bounds) => range(tree, bounds),
        Node::Reference(names) => reference(names),
        Node::Chain(base, steps) => steps.iter().fold(print(base), |inner, next| step(tree, inner, next)),
        Node::Negate(value) => format!("ArithmeticNegation({})", print(value)),
        Node::Arithmetic(first, rest) => rest.iter().fold(print(first), |left, (operator, right)| {
            format!("{}({left},{})", operator_name(*operator), print(right))
        }),
        Node::Compare(comparison, x, y) => {
            format!("{}({},{})", comparison_name(*comparison), print(x), print(y))
        }
        Node::NotEqual(x, y) => format!("Not(Equal({},{}))", print(x), print(y)),
        Node::Between(x, low, high) => {
            let x = print(x);
            format!("Conjunction(GreaterOrEqual({x},{}),LessOrEqual({x},{}))", print(low), print(high))
        }
        Node::InstanceOf(value, name) => format!("InstanceOf({},{name})", print(value)),
        Node::In(value, test) => format!("In({},{})", print(value), print(test)),
        Node::And(operands) => pairs("Conjunction", operands.iter().map(print)),
        Node::Or(operands) => pairs("Disjunction", operands.iter().map(print)),
        Node::If(condition, then, otherwise) => {
            format!("If({},{},{})", print(condition), print(then), print(otherwise))
        }
        Node::For(iterators, body) => format!("For({},{})", sources(tree, iterators), print(body)),
        Node::Some(iterators, test) => format!("SomeItem({},{})", sources(tree, iterators), print(test)),
        Node::Every(iterators, test) => format!("EveryItem({},{})", sources(tree, iterators), print(test)),
        Node::Iteration(start, end) => format!("IterationContext({},{})", print(start), print(end)),
        Node::Call(call) => format!("FunctionInvocation({})", invocation(tree, call)),
        Node::QualifiedCall(path, call) => {
            format!("QualifiedFunctionInvocation({},{})", reference(path), invocation(tree, call))
        }
        Node::Function(parameters, body) => {
            let parameters = list(parameters.iter().map(|name| name.to_string()));
            format!("FunctionDefinition({parameters},{})", print(body))
        }
        Node::External => "JavaFunctionInvocation".to_owned(),
        Node::InputEquals(value) => format!("InputEqualTo(ConstBool({value}))"),
        Node::InputCompare(comparison, endpoint) => {
            format!("Input{}({})", comparison_name(*comparison), print(endpoint))
        }
        Node::InputInRange(bounds) => format!("InputInRange({})", range(tree, bounds)),
        Node::UnaryTest(expression) => format!("UnaryTestExpression({})", print(expression)),
        Node::AnyOf(tests) => format!("AtLeastOne({})", list(tests.iter().map(print))),
        Node::Not(test) => format!("Not({})", print(test)),
    }
}

/// A range with its ends.
pub(crate) fn range(tree: &Tree, range: &RangeNode) -> String {
    let bound = |id, closed| {
        let kind = if closed { "Closed" } else { "Open" };
        format!("{kind}ConstRangeBoundary({})", node(tree, id))
    };
    format!("ConstRange({},{})", bound(range.start, range.start_closed), bound(range.end, range.end_closed))
}

fn list(items: impl core::iter::Iterator<Item = String>) -> String {
    format!("List({})", items.collect::<Vec<_>>().join(", "))
}

fn pairs(name: &str, mut operands: impl core::iter::Iterator<Item = String>) -> String {
    let first = operands.next().unwrap_or_default();
    operands.fold(first, |left, right| format!("{name}({left},{right})"))
}

fn reference(reference: &Reference) -> String {
    let names = std::iter::once(&reference.name).chain(&reference.path);
    format!("Ref({})", list(names.map(|name| name.to_string())))
}

fn step(tree: &Tree, inner: String, step: &Step) -> String {
    match step {
        Step::Path(key) => format!("PathExpression({inner},{key})"),
        Step::Filter(filter, _) => format!("Filter({inner},{})", node(tree, *filter)),
    }
}

fn sources(tree: &Tree, iterators: &[Iterator]) -> String {
    list(iterators.iter().map(|iterator| format!("({},{})", iterator.name, node(tree, iterator.source))))
}

fn invocation(tree: &Tree, call: &Call) -> String {
    match &call.arguments {
        Arguments::Positional(values) => {
            let values = list(values.iter().map(|value| node(tree, *value)));
            format!("{},PositionalFunctionParameters({values})", call.name)
        }
        Arguments::Named(values) => {
            let values: Vec<String> =
                values.iter().map(|(name, value)| format!("{name} -> {}", node(tree, *value))).collect();
            format!("{},NamedFunctionParameters(Map({}))", call.name, values.join(", "))
        }
    }
}

fn temporal(value: &Temporal) -> String {
    match value {
        Temporal::Date(value) => format!("ConstDate({value})"),
        Temporal::LocalTime(value) => format!("ConstLocalTime({})", value.short_text()),
        Temporal::Time(value) => {
            let zone = value.zone_id().map_or_else(|| "None".to_owned(), |id| format!("Some({id})"));
            format!("ConstTime(ZonedTime({},{},{zone}))", value.time().short_text(), offset(value))
        }
        Temporal::LocalDateTime(value) => {
            format!("ConstLocalDateTime({}T{})", value.date(), value.time().short_text())
        }
        Temporal::DateTime(value) => {
            let zone = value.zone_id().map_or_else(String::new, |id| format!("[{id}]"));
            let (time, offset) = (value.time().short_text(), offset(&value.to_time()));
            format!("ConstDateTime({}T{time}{offset}{zone})", value.date())
        }
        Temporal::YearsMonths(value) => format!("ConstYearMonthDuration({})", value.iso_text()),
        Temporal::DaysTime(value) => format!("ConstDayTimeDuration({})", value.iso_text()),
    }
}

/// The offset alone, as Java writes it.
fn offset(time: &Time) -> String {
    let text = time.offset_text();
    text.strip_prefix(&time.time().short_text()).unwrap_or(&text).to_owned()
}

fn operator_name(operator: Operator) -> &'static str {
    match operator {
        Operator::Add => "Addition",
        Operator::Subtract => "Subtraction",
        Operator::Multiply => "Multiplication",
        Operator::Divide => "Division",
        Operator::Power => "Exponentiation",
    }
}

fn comparison_name(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Equal => "Equal",
        Comparison::Less => "LessThan",
        Comparison::LessOrEqual => "LessOrEqual",
        Comparison::Greater => "GreaterThan",
        Comparison::GreaterOrEqual => "GreaterOrEqual",
    }
}
