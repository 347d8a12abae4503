//! Where processes come from: a folder of files that we deploy, and the cluster's REST API.

mod cluster;
mod definitions;
mod folder;

pub(crate) use cluster::{Cluster, ClusterOptions};
pub(crate) use definitions::{Definition, Definitions, Missing};
pub(crate) use folder::Folder;
