//! How points and ranges lie to each other.

use std::cmp::Ordering;

use super::Answer;
use crate::{Bound, Failure, Range, Registry, Value, illegal_arguments};

/// The parameter names of one form of a function.
type Form = [&'static str; 2];

const POINTS: Form = ["point1", "point2"];
const POINT_RANGE: Form = ["point", "range"];
const RANGE_POINT: Form = ["range", "point"];
const RANGES: Form = ["range1", "range2"];

/// Adds one function under its forms. A call by position reaches the first of them, so all share the body, and
/// `None` is a pair that the function has no answer to.
macro_rules! add {
    ($registry:ident, $name:literal, [$($form:ident),+], $rule:ident) => {
        $($registry.add($name, &$form, |_, arguments| answer(arguments, $rule));)+
    };
}

pub(super) fn register(registry: &mut Registry) {
    add!(registry, "before", [POINTS, POINT_RANGE, RANGE_POINT, RANGES], before);
    add!(registry, "after", [POINTS, POINT_RANGE, RANGE_POINT, RANGES], after);
    add!(registry, "meets", [RANGES], meets);
    add!(registry, "met by", [RANGES], met_by);
    add!(registry, "overlaps", [RANGES], overlaps);
    add!(registry, "overlaps before", [RANGES], overlaps_before);
    add!(registry, "overlaps after", [RANGES], overlaps_after);
    add!(registry, "finishes", [POINT_RANGE, RANGES], finishes);
    add!(registry, "finished by", [POINT_RANGE, RANGES], finished_by);
    add!(registry, "includes", [RANGE_POINT, RANGES], includes);
    add!(registry, "during", [POINT_RANGE, RANGES], during);
    add!(registry, "starts", [POINT_RANGE, RANGES], starts);
    add!(registry, "started by", [RANGE_POINT, RANGES], started_by);
    add!(registry, "coincides", [POINTS, RANGES], coincides);
}

/// A point or a range.
enum Side<'s, 'a> {
    Point(&'s Value<'a>),
    Range(&'s Range<'a>),
}

use Side::{Point, Range as Span};

fn answer<'a>(
    arguments: &[Value<'a>],
    rule: impl FnOnce(Side<'_, 'a>, Side<'_, 'a>) -> Option<bool>,
) -> Answer<'a> {
    let [left, right] = arguments else { return Ok(illegal_arguments(arguments)) };
    let (first, second) = (point_of(left), point_of(right));
    if !is_point(first) || !first.has_type_of(second) {
        return Ok(illegal_arguments(arguments));
    }
    rule(side(left), side(right)).map(Value::Boolean).ok_or_else(|| {
        Failure::thrown("scala.MatchError", format!("({left},{right}) (of class scala.Tuple2)"))
    })
}

fn side<'s, 'a>(value: &'s Value<'a>) -> Side<'s, 'a> {
    match value {
        Value::Range(range) => Span(range),
        point => Point(point),
    }
}

/// The point itself, or the range's start.
fn point_of<'s, 'a>(value: &'s Value<'a>) -> &'s Value<'a> {
    match value {
        Value::Range(range) => &range.start.value,
        point => point,
    }
}

/// Whether a value may be an end of a range; strings may not.
fn is_point(value: &Value<'_>) -> bool {
    !matches!(value, Value::String(_) | Value::List(_)) && value.is_comparable()
}

fn less(left: &Value<'_>, right: &Value<'_>) -> bool {
    order(left, right) == Some(Ordering::Less)
}

fn order(left: &Value<'_>, right: &Value<'_>) -> Option<Ordering> {
    left.order(right)
}

fn same_value<'a>(left: &Bound<'a>, right: &Bound<'a>) -> bool {
    left.value.same(&right.value)
}

/// Whether the bound is exactly at the point and includes it.
fn touches<'a>(bound: &Bound<'a>, point: &Value<'a>) -> bool {
    bound.closed && bound.value.same(point)
}

/// Whether two ends are the same and both or neither belong to their ranges.
fn same_bound<'a>(left: &Bound<'a>, right: &Bound<'a>) -> bool {
    left.closed == right.closed && same_value(left, right)
}

/// Whether a start lies no later than another, so that the range from it covers the other's beginning.
fn starts_no_later<'a>(left: &Bound<'a>, right: &Bound<'a>) -> bool {
    less(&left.value, &right.value) || (same_value(left, right) && (left.closed || !right.closed))
}

/// Whether an end lies no earlier than another.
fn ends_no_earlier<'a>(left: &Bound<'a>, right: &Bound<'a>) -> bool {
    less(&right.value, &left.value) || (same_value(left, right) && (left.closed || !right.closed))
}

/// Whether the end of one range reaches the start of another.
fn reaches<'a>(end: &Bound<'a>, start: &Bound<'a>) -> bool {
    less(&start.value, &end.value) || (same_value(end, start) && end.closed && start.closed)
}

fn before<'a>(left: Side<'_, 'a>, right: Side<'_, 'a>) -> Option<bool> {
    Some(match (left, right) {
        (Span(left), Span(right)) => {
            less(&left.end.value, &right.start.value)
                || ((!left.end.closed || !right.start.closed) && same_value(&left.end, &right.start))
        }
        (Point(point), Span(range)) => {
            less(point, &range.start.value) || (!range.start.closed && point.same(&range.start.value))
        }
        (Span(range), Point(point)) => {
            less(&range.end.value, point) || (!range.end.closed && point.same(&range.end.value))
        }
        (Point(left), Point(right)) => less(left, right),
    })
}

fn after<'a>(left: Side<'_, 'a>, right: Side<'_, 'a>) -> Option<bool> {
    before(right, left)
}

fn meets<'a>(left: Side<'_, 'a>, right: Side<'_, 'a>) -> Option<bool> {
    let (Span(left), Span(right)) = (left, right) else { return None };
    Some(left.end.closed && right.start.closed && same_value(&left.end, &right.start))
}

fn met_by<'a>(left: Side<'_, 'a>, right: Side<'_, 'a>) -> Option<bool> {
    meets(right, left)
}

fn overlaps<'a>(left: Side<'_, 'a>, right: Side<'_, 'a>) -> Option<bool> {
    let (Span(left), Span(right)) = (left, right) else { return None };
    Some(reaches(&left.end, &right.start) && reaches(&right.end, &left.start))
}

fn overlaps_before<'a>(left: Side<'_, 'a>, right: Side<'_, 'a>) -> Option<bool> {
    let (Span(left), Span(right)) = (left, right) else { return None };
    let starts_earlier = less(&left.start.value, &right.start.value)
        || (same_value(&left.start, &right.start) && left.start.closed && !right.start.closed);
    let ends_no_later = less(&left.end.value, &right.end.value)
        || (same_value(&left.end, &right.end) && (!left.end.closed || right.end.closed));
    Some(starts_earlier && reaches(&left.end, &right.start) && ends_no_later)
}

fn overlaps_after<'a>(left: Side<'_, 'a>, right: Side<'_, 'a>) -> Option<bool> {
    overlaps_before(right, left)
}

fn finishes<'a>(left: Side<'_, 'a>, right: Side<'_, 'a>) -> Option<bool> {
    match (left, right) {
        (Point(point), Span(range)) => Some(touches(&range.end, point)),
        (Span(left), Span(right)) => {
            Some(same_bound(&left.end, &right.end) && starts_no_later(&right.start, &left.start))
        }
        _ => None,
    }
}

fn finished_by<'a>(left: Side<'_, 'a>, right: Side<'_, 'a>) -> Option<bool> {
    finishes(right, left)
}

fn includes<'a>(left: Side<'_, 'a>, right: Side<'_, 'a>) -> Option<bool> {
    match (left, right) {
        (Span(range), Point(point)) => {
            let inside = less(&range.start.value, point) && less(point, &range.end.value);
            Some(inside || touches(&range.start, point) || touches(&range.end, point))
        }
        (Span(left), Span(right)) => {
            Some(starts_no_later(&left.start, &right.start) && ends_no_earlier(&left.end, &right.end))
        }
        _ => None,
    }
}

fn during<'a>(left: Side<'_, 'a>, right: Side<'_, 'a>) -> Option<bool> {
    includes(right, left)
}

fn starts<'a>(left: Side<'_, 'a>, right: Side<'_, 'a>) -> Option<bool> {
    match (left, right) {
        (Point(point), Span(range)) => Some(touches(&range.start, point)),
        (Span(left), Span(right)) => {
            Some(same_bound(&left.start, &right.start) && ends_no_earlier(&right.end, &left.end))
        }
        _ => None,
    }
}

fn started_by<'a>(left: Side<'_, 'a>, right: Side<'_, 'a>) -> Option<bool> {
    starts(right, left)
}

fn coincides<'a>(left: Side<'_, 'a>, right: Side<'_, 'a>) -> Option<bool> {
    Some(match (left, right) {
        (Span(left), Span(right)) => {
            same_bound(&left.start, &right.start) && same_bound(&left.end, &right.end)
        }
        (Point(left), Point(right)) => left.same(right),
        _ => false,
    })
}
