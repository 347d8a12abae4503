//! `for`, `some`, `every`.

use super::{Evaluator, Failure, scope::Scope};
use crate::{
    Value,
    decimal::Decimal,
    syntax::{Iterator, NodeId},
    value::List,
};

/// The lists of a loop; the last one runs fastest.
struct Product<'a> {
    axes: Vec<Axis<'a>>,
    is_exhausted: bool,
}

/// One list of a loop, and which of its items is next.
struct Axis<'a> {
    name: &'a str,
    list: List<'a>,
    position: usize,
}

impl<'a> Product<'a> {
    fn new(lists: impl core::iter::Iterator<Item = (&'a str, List<'a>)>) -> Self {
        let axes: Vec<_> = lists.map(|(name, list)| Axis { name, list, position: 0 }).collect();
        let is_exhausted = axes.iter().any(|axis| axis.list.is_empty());
        Self { axes, is_exhausted }
    }

    /// Makes `inner` the scope of the next round, if there is one. Of equal names the first iterator's wins.
    fn enter_next(&mut self, inner: &mut Scope<'a>, outer: &Scope<'a>) -> bool {
        if self.is_exhausted {
            return false;
        }
        match self.axes.as_slice() {
            [axis] => inner.replace_variable(outer, axis.name, axis.item()),
            axes => {
                *inner = outer.clone();
                for axis in axes.iter().rev() {
                    *inner = inner.with_variable(axis.name, axis.item());
                }
            }
        }
        self.advance();
        true
    }

    fn advance(&mut self) {
        for axis in self.axes.iter_mut().rev() {
            axis.position += 1;
            if axis.position < axis.list.len() {
                return;
            }
            axis.position = 0;
        }
        self.is_exhausted = true;
    }
}

impl<'a> Axis<'a> {
    fn item(&self) -> Value<'a> {
        self.list.get(self.position).unwrap_or(Value::Null)
    }
}

impl<'a> Evaluator<'a> {
    pub(super) fn for_loop(
        &mut self,
        iterators: &'a [Iterator],
        body: NodeId,
        scope: &Scope<'a>,
    ) -> Result<Value<'a>, Failure> {
        let mut product = match self.product(iterators, scope)? {
            Ok(product) => product,
            Err(value) => return Ok(value),
        };
        let mut results = Vec::new();
        let mut inner = Scope::default();
        while product.enter_next(&mut inner, scope) {
            self.charge(1)?;
            let result = if self.program.mentions_partial {
                self.charge(results.len())?;
                let partial = Value::list(results.clone());
                self.evaluate(body, &inner.with_variable("partial", partial))?
            } else {
                self.evaluate(body, &inner)?
            };
            results.push(result);
        }
        Ok(Value::list(results))
    }

    pub(super) fn quantified(
        &mut self,
        any: bool,
        iterators: &'a [Iterator],
        condition: NodeId,
        scope: &Scope<'a>,
    ) -> Result<Value<'a>, Failure> {
        let mut product = match self.product(iterators, scope)? {
            Ok(product) => product,
            Err(value) => return Ok(value),
        };
        let mut result = Value::Boolean(!any);
        let mut inner = Scope::default();
        while product.enter_next(&mut inner, scope) {
            self.charge(1)?;
            let next = self.evaluate(condition, &inner)?;
            result = self.join(any, result, next);
            if Self::is_decided(any, &result) {
                break;
            }
        }
        Ok(result)
    }

    /// All sources see the outer scope. `Err` holds the loop's value when one of them is no list.
    fn product(
        &mut self,
        iterators: &'a [Iterator],
        scope: &Scope<'a>,
    ) -> Result<Result<Product<'a>, Value<'a>>, Failure> {
        let mut sources = Vec::with_capacity(iterators.len());
        for iterator in iterators {
            sources.push((&*iterator.name, self.evaluate(iterator.source, scope)?));
        }
        let mut refused = None;
        for (_, source) in &sources {
            match source {
                Value::List(_) => {}
                Value::FatalError(_) => refused = refused.or_else(|| Some(source.clone())),
                other => {
                    self.expected("list", other);
                    refused = refused.or(Some(Value::Null));
                }
            }
        }
        Ok(match refused {
            Some(value) => Err(value),
            None => Ok(Product::new(sources.into_iter().filter_map(|(name, source)| match source {
                Value::List(list) => Some((name, list)),
                _ => None,
            }))),
        })
    }

    /// The whole steps from start to end, downwards too.
    pub(super) fn iteration(
        &mut self,
        start: NodeId,
        end: NodeId,
        scope: &Scope<'a>,
    ) -> Result<Value<'a>, Failure> {
        let start = self.evaluate(start, scope)?;
        let end = self.evaluate(end, scope)?;
        let (start, end) = match (&start, &end) {
            (Value::Number(start), Value::Number(end)) => (start, end),
            (Value::Number(_), other) | (other, _) => {
                if other.is_failure() {
                    return Ok(other.clone());
                }
                self.expected("number", other);
                return Ok(Value::error(super::expected_text("number", other)));
            }
        };
        let ascending = start < end;
        let step = if ascending { Decimal::ONE } else { Decimal::ONE.neg() };
        let mut numbers = Vec::new();
        let mut number = start.clone();
        let work = 1 + start.work().max(end.work());
        while if ascending { number <= *end } else { number >= *end } {
            self.charge(work)?;
            let next = number.add(&step)?;
            if next == number && number != *end {
                return Err(Failure::limit(format!(
                    "a loop from {start} has no end: with so many digits a step of one changes nothing"
                )));
            }
            let is_last = number == *end;
            numbers.push(Value::Number(number));
            if is_last {
                break;
            }
            number = next;
        }
        Ok(Value::list(numbers))
    }
}
