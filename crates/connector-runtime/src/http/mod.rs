//! What operators ask over HTTP: consumers, health, metrics.
//!
//! Paths and fields are those of the Java runtime. Properties are shown as written in the model, keys masked.

mod health;
mod inbound;
mod metrics;
mod outbound;
mod routes;
mod server;
mod shown;
mod view;

pub(crate) use server::Endpoints;
pub(crate) use view::View;
