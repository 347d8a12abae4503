//! `for`, `some`, `every`.

use super::{Evaluator, Failure, scope::Scope};
use crate::{
    Value,
    decimal::Decimal,
    syntax::{Iterator, NodeId},
    value::List,
};

/// The lists of a loop, and which item of each is next; the last list runs fastest.
struct Product<'a> {
    lists: Vec<(&'a str, List<'a>)>,
    positions: Vec<usize>,
    exhausted: bool,
}

impl<'a> Product<'a> {
    fn new(lists: Vec<(&'a str, List<'a>)>) -> Self {
        let exhausted = lists.iter().any(|(_, list)| list.is_empty());
        let positions = vec![0; lists.len()];
        Self { lists, positions, exhausted }
    }

    /// The scope of the next round. Of equal names the first iterator's wins.
    fn next(&mut self, scope: &Scope<'a>) -> Option<Scope<'a>> {
        if self.exhausted {
            return None;
        }
        let mut inner = scope.clone();
        for ((name, list), position) in self.lists.iter().zip(&self.positions).rev() {
            inner = inner.with_variable(*name, list.get(*position)?);
        }
        self.advance();
        Some(inner)
    }

    fn advance(&mut self) {
        for ((_, list), position) in self.lists.iter().zip(&mut self.positions).rev() {
            *position += 1;
            if *position < list.len() {
                return;
            }
            *position = 0;
        }
        self.exhausted = true;
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
        while let Some(mut inner) = product.next(scope) {
            self.charge(1)?;
            if self.mentions_partial {
                self.charge(results.len())?;
                inner = inner.with_variable("partial", Value::list(results.clone()));
            }
            results.push(self.evaluate(body, &inner)?);
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
        while let Some(inner) = product.next(scope) {
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
        let mut lists = Vec::with_capacity(sources.len());
        let mut refused = None;
        for (name, source) in sources {
            match source {
                Value::List(list) => lists.push((name, list)),
                fatal @ Value::FatalError(_) => refused = refused.or(Some(fatal)),
                other => {
                    self.expected("list", &other);
                    refused = refused.or(Some(Value::Null));
                }
            }
        }
        Ok(match refused {
            Some(value) => Err(value),
            None => Ok(Product::new(lists)),
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
        while if ascending { number <= *end } else { number >= *end } {
            self.charge(1)?;
            let next = number.add(&step)?;
            numbers.push(Value::Number(number));
            number = next;
        }
        Ok(Value::list(numbers))
    }
}
