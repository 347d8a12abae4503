//! Sums, means and other figures of lists of numbers.

use super::Answer;
use crate::{
    CallContext, List, Registry, Value,
    decimal::{Decimal, DecimalError},
    illegal_arguments,
};

pub(super) fn register(registry: &mut Registry) {
    registry.add_var_args("sum", &["list"], |context, a| figure(context, a, |n| sum(n)));
    registry.add_var_args("product", &["list"], |context, a| figure(context, a, |n| product(n)));
    registry.add_var_args("mean", &["list"], |context, a| figure(context, a, |n| mean(n)));
    registry.add_var_args("median", &["list"], |context, a| figure(context, a, median));
    registry.add_var_args("stddev", &["list"], |context, a| figure(context, a, |n| standard_deviation(n)));
    registry.add_var_args("mode", &["list"], mode);
}

/// A figure of at least one number; `null` of none.
fn figure<'a>(
    context: &mut CallContext<'_, 'a>,
    arguments: &[Value<'a>],
    compute: impl FnOnce(&mut [Decimal]) -> Result<Decimal, DecimalError>,
) -> Answer<'a> {
    let [Value::List(list)] = arguments else { return Ok(illegal_arguments(arguments)) };
    if list.is_empty() {
        return Ok(Value::Null);
    }
    context.charge(list.len())?;
    match numbers(list) {
        Ok(mut numbers) => {
            // The first number's length may be that of every result on the way.
            let first = numbers.first().map_or(0, Decimal::work).saturating_mul(numbers.len() * 4);
            context.charge(numbers.iter().map(Decimal::work).fold(first, usize::saturating_add))?;
            Ok(Value::Number(compute(&mut numbers)?))
        }
        Err(error) => Ok(error),
    }
}

/// The numbers, or the complaint about the first item that is none.
fn numbers<'a>(list: &List<'a>) -> Result<Vec<Decimal>, Value<'a>> {
    let number = |item: Value<'a>| match item {
        Value::Number(number) => Ok(number),
        other => Err(Value::error(format!("expected number but found '{other}'"))),
    };
    list.iter().map(number).collect()
}

/// The first number's precision is the one that counts.
fn sum(numbers: &[Decimal]) -> Result<Decimal, DecimalError> {
    let Some((first, rest)) = numbers.split_first() else { return Ok(Decimal::ZERO) };
    rest.iter().try_fold(first.clone(), |sum, number| sum.add(number))
}

fn product(numbers: &[Decimal]) -> Result<Decimal, DecimalError> {
    let Some((first, rest)) = numbers.split_first() else { return Ok(Decimal::ONE) };
    rest.iter().try_fold(first.clone(), |product, number| product.mul(number))
}

fn mean(numbers: &[Decimal]) -> Result<Decimal, DecimalError> {
    sum(numbers)?.div(&Decimal::from_usize(numbers.len()))
}

fn median(numbers: &mut [Decimal]) -> Result<Decimal, DecimalError> {
    numbers.sort();
    let middle = numbers.len() / 2;
    let at = |index: usize| numbers.get(index).cloned().unwrap_or_default();
    if numbers.len() % 2 == 1 {
        return Ok(at(middle));
    }
    at(middle.saturating_sub(1)).add(&at(middle))?.div(&Decimal::from(2))
}

/// Of a sample: the squares are divided by one less than the count.
fn standard_deviation(numbers: &[Decimal]) -> Result<Decimal, DecimalError> {
    let mean = mean(numbers)?;
    let squares =
        numbers.iter().try_fold(Decimal::ZERO, |sum, number| sum.add(&number.sub(&mean)?.pow(2)?))?;
    squares.div(&Decimal::from_usize(numbers.len() - 1))?.sqrt()
}

/// The numbers that occur most often, in ascending order.
fn mode<'a>(context: &mut CallContext<'_, 'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let [Value::List(list)] = arguments else { return Ok(illegal_arguments(arguments)) };
    context.charge(list.len())?;
    let mut numbers = match numbers(list) {
        Ok(numbers) => numbers,
        Err(error) => return Ok(error),
    };
    numbers.sort();
    let groups = || numbers.chunk_by(|left, right| left == right);
    let most = groups().map(<[Decimal]>::len).max().unwrap_or(0);
    let winners = groups().filter(|group| group.len() == most).filter_map(|group| group.first().cloned());
    Ok(Value::list(winners.map(Value::Number).collect()))
}
