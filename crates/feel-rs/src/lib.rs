//! A FEEL engine that answers as FEEL-Scala, the engine of Camunda 8, does.
//!
//! An [`Engine`] compiles a text to an [`Expression`], which evaluates against borrowed JSON and can be shared between
//! threads. The outcome is a [`Value`] with warnings, or an error in FEEL-Scala's words. What expressions may call is in
//! [`functions`].
//!
//! ```
//! use feel_rs::Engine;
//! use serde_json::json;
//!
//! let engine = Engine::default();
//! let expression = engine.compile(r#"{key: order.id + "-" + string(count(order.lines))}"#).unwrap();
//! let input = json!({"order": {"id": "A-1", "lines": [1, 2]}});
//! let outcome = expression.evaluate(&[&input]);
//! assert_eq!(outcome.result.unwrap().to_json(), json!({"key": "A-1-2"}));
//! ```
//!
//! Invariant: no input or output, no clock and no environment but what the caller hands in.
//! Invariant: no text and no input makes it panic, recurse without bound or run without end; see [`Limits`].
//! Invariant: the same expression, input and clock give the same outcome.

mod builtins;
mod clock;
pub mod decimal;
mod engine;
mod evaluate;
pub mod functions;
mod limits;
mod parse;
mod print;
mod registry;
mod resolve;
mod syntax;
pub mod temporal;
mod temporal_text;
mod value;

pub use clock::{Clock, FixedClock, SystemClock};
pub use engine::{Engine, EvaluationError, EvaluationErrorKind, Expression, Outcome};
pub use evaluate::{CallContext, Failure, Function, Warning, WarningKind, illegal_arguments};
pub use limits::Limits;
pub use parse::{ParseError, ParseErrorKind};
pub use registry::{Body, RegisteredFunction, Registry};
pub use value::{Bound, Context, ContextMap, List, Range, SharedList, Text, Value};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeExamples;
