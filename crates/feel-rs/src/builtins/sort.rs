//! `sort`: by a function that says which of two items comes first.

use std::rc::Rc;

use super::Answer;
use crate::{CallContext, Failure, Function, Value, illegal_arguments};

/// Below this length Java sorts by inserting, which shows when the function contradicts itself.
const SHORT: usize = 32;

pub(super) fn sort<'a>(context: &mut CallContext<'_, 'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let [Value::List(list), Value::Function(precedes)] = arguments else {
        return Ok(illegal_arguments(arguments));
    };
    let parameters = precedes.parameter_count();
    if parameters != 2 {
        return Ok(Value::error(format!(
            "expect boolean function with 2 arguments, but found '{parameters}'"
        )));
    }
    context.charge(list.len())?;
    let mut sorting = Sorting { context, precedes };
    match sorting.sort(list.to_vec()) {
        Ok(items) => Ok(Value::list(items)),
        Err(Stop::NoBoolean(value)) => Ok(refusal(&format!("expected boolean but found '{value}'"))),
        Err(Stop::Failure(failure)) => failure.thrown_message().map(refusal).ok_or(failure),
    }
}

/// What the function throws is no reason to end the evaluation, here alone.
fn refusal<'a>(reason: &str) -> Value<'a> {
    Value::error(format!("fail to sort list by given precedes function: {reason}"))
}

/// Why sorting ends early.
enum Stop {
    NoBoolean(String),
    Failure(Failure),
}

struct Sorting<'s, 'c, 'a> {
    context: &'s mut CallContext<'c, 'a>,
    precedes: &'s Rc<Function<'a>>,
}

impl<'a> Sorting<'_, '_, 'a> {
    /// The reference asks the other way round as well when the answer is no, which shows in warnings and failures.
    fn precedes(&mut self, left: &Value<'a>, right: &Value<'a>) -> Result<bool, Stop> {
        Ok(self.ask(left, right)? || {
            self.ask(right, left)?;
            false
        })
    }

    fn ask(&mut self, left: &Value<'a>, right: &Value<'a>) -> Result<bool, Stop> {
        self.context.charge(1).map_err(Stop::Failure)?;
        let answer = self.context.invoke(self.precedes, vec![left.clone(), right.clone()]);
        match answer.map_err(Stop::Failure)? {
            Value::Boolean(answer) => Ok(answer),
            other => Err(Stop::NoBoolean(other.to_string())),
        }
    }

    /// Items that neither precede the other keep their order.
    fn sort(&mut self, items: Vec<Value<'a>>) -> Result<Vec<Value<'a>>, Stop> {
        if items.len() < SHORT {
            return self.insert_all(items);
        }
        let mut left = items;
        let right = left.split_off(left.len() / 2);
        let (left, right) = (self.sort(left)?, self.sort(right)?);
        self.merge(left, right)
    }

    fn merge(&mut self, left: Vec<Value<'a>>, right: Vec<Value<'a>>) -> Result<Vec<Value<'a>>, Stop> {
        let mut merged = Vec::with_capacity(left.len() + right.len());
        let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
        while let (Some(first), Some(second)) = (left.peek(), right.peek()) {
            let from_right = self.precedes(second, first)?;
            merged.extend(if from_right { right.next() } else { left.next() });
        }
        merged.extend(left);
        merged.extend(right);
        Ok(merged)
    }

    /// Java's way with short lists: the run at the beginning, turned round if it descends, then binary insertion.
    fn insert_all(&mut self, items: Vec<Value<'a>>) -> Result<Vec<Value<'a>>, Stop> {
        let mut rest = items.into_iter().peekable();
        let mut sorted: Vec<Value<'a>> = rest.next().into_iter().collect();
        let mut descends = None;
        while let (Some(last), Some(next)) = (sorted.last(), rest.peek()) {
            let before = self.precedes(next, last)?;
            if *descends.get_or_insert(before) != before {
                break;
            }
            sorted.extend(rest.next());
        }
        if descends == Some(true) {
            sorted.reverse();
        }
        for item in rest {
            let position = self.position(&sorted, &item)?;
            sorted.insert(position, item);
        }
        Ok(sorted)
    }

    fn position(&mut self, sorted: &[Value<'a>], item: &Value<'a>) -> Result<usize, Stop> {
        let (mut low, mut high) = (0, sorted.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            let Some(other) = sorted.get(middle) else { break };
            if self.precedes(item, other)? {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        Ok(low)
    }
}
