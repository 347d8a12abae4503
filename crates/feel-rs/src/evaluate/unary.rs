//! Unary tests: what an input is compared with.

use super::{Evaluator, Failure, WarningKind, logic::ordered, scope::Scope};
use crate::{
    Value,
    syntax::{Comparison, NodeId, RangeNode},
};

const INPUT_SYMBOL: &str = "?";

impl<'a> Evaluator<'a> {
    pub(super) fn input_by_symbol(&mut self, scope: &Scope<'a>) -> Value<'a> {
        self.variable(INPUT_SYMBOL, scope).unwrap_or_else(|| {
            Value::FatalError(
                "No input value available. '?' can only be used inside an unary-test expression.".into(),
            )
        })
    }

    fn implicit_input(&mut self, scope: &Scope<'a>) -> Value<'a> {
        let name = self.input_name(scope);
        self.variable(&name, scope).unwrap_or_else(|| {
            self.warn(WarningKind::NoVariableFound, || "No input value found.".to_owned());
            Value::Null
        })
    }

    pub(super) fn input_equals(&mut self, value: bool, scope: &Scope<'a>) -> Result<Value<'a>, Failure> {
        let input = self.implicit_input(scope);
        self.compare(Comparison::Equal, input, Value::Boolean(value))
    }

    pub(super) fn input_compare(
        &mut self,
        comparison: Comparison,
        endpoint: NodeId,
        scope: &Scope<'a>,
    ) -> Result<Value<'a>, Failure> {
        let input = self.implicit_input(scope);
        if input.is_failure() {
            return Ok(input);
        }
        let endpoint = self.evaluate(endpoint, scope)?;
        self.compare(comparison, input, endpoint)
    }

    pub(super) fn input_in_range(
        &mut self,
        range: &RangeNode,
        scope: &Scope<'a>,
    ) -> Result<Value<'a>, Failure> {
        let start = self.evaluate(range.start, scope)?;
        let end = self.evaluate(range.end, scope)?;
        let input = self.implicit_input(scope);
        if input.is_failure() {
            return Ok(input);
        }
        let comparable = [&input, &start, &end].into_iter().all(Value::is_comparable)
            && input.has_type_of(&start)
            && input.has_type_of(&end);
        if !comparable {
            // The reference asks for the input once more to write its message, and warns once more when there is none.
            let shown = self.implicit_input(scope);
            self.warn(WarningKind::NotComparable, || {
                format!("Can't compare '{shown}' with '{start}' and '{end}'")
            });
            return Ok(Value::Null);
        }
        let above = if range.start_closed { Comparison::GreaterOrEqual } else { Comparison::Greater };
        let below = if range.end_closed { Comparison::LessOrEqual } else { Comparison::Less };
        Ok(Value::Boolean(ordered(above, &input, &start)? && ordered(below, &input, &end)?))
    }

    /// True when the expression is true, is the input, or is a list that has the input.
    pub(super) fn unary_test(&mut self, expression: NodeId, scope: &Scope<'a>) -> Result<Value<'a>, Failure> {
        let input = self.implicit_input(scope);
        if input.is_failure() {
            return Ok(input);
        }
        let value = match self.evaluate(expression, scope)? {
            Value::FatalError(_) => {
                let inner = scope.with_entry(INPUT_SYMBOL, input);
                return Ok(match self.evaluate(expression, &inner)? {
                    answer @ Value::Boolean(_) => answer,
                    _ => Value::Null,
                });
            }
            answer @ Value::Boolean(true) => return Ok(answer),
            value => value,
        };
        let is_list = match &value {
            Value::List(items) => {
                self.charge(items.len())?;
                if items.iter().any(|item| item.same(&input)) {
                    return Ok(Value::Boolean(true));
                }
                true
            }
            _ => false,
        };
        let is_false = matches!(value, Value::Boolean(false));
        Ok(match self.compare(Comparison::Equal, input, value)? {
            Value::Boolean(true) => Value::Boolean(true),
            Value::Null if !is_false && !is_list => Value::Null,
            _ => Value::Boolean(false),
        })
    }
}
