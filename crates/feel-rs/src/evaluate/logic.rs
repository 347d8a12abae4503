//! Comparisons, three-valued logic, `instance of`, `in`.

use super::{Evaluator, Failure, INPUT_VARIABLE, WarningKind, or_null, scope::Scope};
use crate::{
    Value,
    syntax::{Comparison, NodeId},
};

impl<'a> Evaluator<'a> {
    /// A boolean or a failure without remedy as it is, anything else `null`.
    pub(super) fn boolean_or_null(&mut self, value: Value<'a>) -> Value<'a> {
        match value {
            Value::Boolean(_) | Value::FatalError(_) => value,
            other => {
                self.expected("boolean", &other);
                Value::Null
            }
        }
    }

    pub(super) fn not(&mut self, value: Value<'a>) -> Value<'a> {
        match self.boolean_or_null(value) {
            Value::Boolean(value) => Value::Boolean(!value),
            other => other,
        }
    }

    pub(super) fn compare_nodes(
        &mut self,
        comparison: Comparison,
        x: NodeId,
        y: NodeId,
        scope: &Scope<'a>,
    ) -> Result<Value<'a>, Failure> {
        let x = self.evaluate(x, scope)?;
        let y = self.evaluate(y, scope)?;
        self.compare(comparison, x, y)
    }

    pub(super) fn not_equal(
        &mut self,
        x: NodeId,
        y: NodeId,
        scope: &Scope<'a>,
    ) -> Result<Value<'a>, Failure> {
        let equal = self.compare_nodes(Comparison::Equal, x, y, scope)?;
        Ok(self.not(equal))
    }

    /// `null` when the values cannot be compared; failures stay failures.
    pub(super) fn compare(
        &mut self,
        comparison: Comparison,
        x: Value<'a>,
        y: Value<'a>,
    ) -> Result<Value<'a>, Failure> {
        if x.is_failure() {
            return Ok(x);
        }
        if y.is_failure() {
            return Ok(y);
        }
        if matches!((&x, &y), (Value::List(_), Value::List(_)) | (Value::Context(_), Value::Context(_))) {
            self.charge(x.size().weight.min(y.size().weight))?;
        }
        if let (Value::Number(x), Value::Number(y)) = (&x, &y) {
            self.charge(x.work() + y.work())?;
        }
        let result = match comparison {
            Comparison::Equal => x.equals(&y),
            _ if x.is_comparable() && x.has_type_of(&y) && y.is_comparable() => {
                Some(ordered(comparison, &x, &y)?)
            }
            _ => None,
        };
        Ok(match result {
            Some(result) => Value::Boolean(result),
            None => {
                self.warn(WarningKind::NotComparable, || format!("Can't compare '{x}' with '{y}'"));
                Value::Null
            }
        })
    }

    /// The value is evaluated once for each end, as the reference reads `x >= low and x <= high`.
    pub(super) fn between(
        &mut self,
        value: NodeId,
        low: NodeId,
        high: NodeId,
        scope: &Scope<'a>,
    ) -> Result<Value<'a>, Failure> {
        let above = self.compare_nodes(Comparison::GreaterOrEqual, value, low, scope)?;
        let above = self.boolean_or_null(above);
        if let Value::Boolean(false) | Value::FatalError(_) = above {
            return Ok(above);
        }
        let below = self.compare_nodes(Comparison::LessOrEqual, value, high, scope)?;
        Ok(self.join(false, above, below))
    }

    /// `a and b and c`, from left to right, each pair on its own.
    pub(super) fn chained_logic(
        &mut self,
        any: bool,
        operands: &'a [NodeId],
        scope: &Scope<'a>,
    ) -> Result<Value<'a>, Failure> {
        let mut result = Value::Boolean(!any);
        for (position, operand) in operands.iter().enumerate() {
            if position > 1 {
                result = self.boolean_or_null(result);
            }
            if decided(any, &result) {
                return Ok(result);
            }
            let next = self.evaluate(*operand, scope)?;
            result = self.join(any, result, next);
        }
        Ok(result)
    }

    /// The tests of a cell: true when one is.
    pub(super) fn any_of(&mut self, tests: &'a [NodeId], scope: &Scope<'a>) -> Result<Value<'a>, Failure> {
        let mut result = Value::Boolean(false);
        for test in tests {
            if decided(true, &result) {
                break;
            }
            let next = self.evaluate(*test, scope)?;
            result = self.join(true, result, next);
        }
        Ok(result)
    }

    /// One step of `some`/`or` (`any`) or `every`/`and`: what is known so far and the next operand.
    pub(super) fn join(&mut self, any: bool, known: Value<'a>, next: Value<'a>) -> Value<'a> {
        match known {
            Value::Null => match next {
                Value::Boolean(value) if value == any => next,
                Value::FatalError(_) => next,
                _ => Value::Null,
            },
            _ => self.boolean_or_null(next),
        }
    }

    pub(super) fn instance_of(
        &mut self,
        value: NodeId,
        name: &str,
        scope: &Scope<'a>,
    ) -> Result<Value<'a>, Failure> {
        let value = self.evaluate(value, scope)?;
        Ok(match (&value, name) {
            (Value::Error(_) | Value::FatalError(_), _) => value,
            (_, "Any") => Value::Boolean(!value.is_null()),
            _ => Value::Boolean(value.type_name() == name),
        })
    }

    pub(super) fn membership(
        &mut self,
        value: NodeId,
        test: NodeId,
        scope: &Scope<'a>,
    ) -> Result<Value<'a>, Failure> {
        let value = self.evaluate(value, scope)?;
        if value.is_failure() {
            return Ok(value);
        }
        let name = self.input_name(scope);
        self.evaluate(test, &scope.with_entry(name, value))
    }

    /// Whether further operands are of no interest.
    pub(super) fn is_decided(any: bool, known: &Value<'a>) -> bool {
        decided(any, known)
    }

    /// The name of the input variable, which a context may choose.
    pub(super) fn input_name(&self, scope: &Scope<'a>) -> crate::Text<'a> {
        match self.variable("inputVariableName", scope) {
            Some(Value::String(name)) => name,
            _ => INPUT_VARIABLE.into(),
        }
    }

    pub(super) fn negate(&mut self, operand: NodeId, scope: &Scope<'a>) -> Result<Value<'a>, Failure> {
        let value = self.evaluate(operand, scope)?;
        Ok(match value {
            Value::Number(number) => Value::Number(number.negated()),
            Value::Error(_) | Value::FatalError(_) => or_null(value),
            other => {
                self.expected("number", &other);
                Value::Null
            }
        })
    }
}

fn decided(any: bool, known: &Value<'_>) -> bool {
    match known {
        Value::Boolean(value) => *value == any,
        Value::FatalError(_) => true,
        _ => false,
    }
}

/// Whether the order of two values of one type is what a comparison asks for.
pub(super) fn ordered<'a>(comparison: Comparison, x: &Value<'a>, y: &Value<'a>) -> Result<bool, Failure> {
    let order = x.order(y).ok_or_else(|| {
        Failure::thrown("java.lang.IllegalArgumentException", format!("{x} can not be compared to {y}"))
    })?;
    Ok(match comparison {
        Comparison::Equal => order.is_eq(),
        Comparison::Less => order.is_lt(),
        Comparison::LessOrEqual => order.is_le(),
        Comparison::Greater => order.is_gt(),
        Comparison::GreaterOrEqual => order.is_ge(),
    })
}
