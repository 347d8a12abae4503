//! `xtask codegen`: the gateway's gRPC types from `proto/`, committed so that no build needs `protoc`.

use crate::shell::root;
use anyhow::{Context, Result, bail};
use std::{fs, path::PathBuf};

const PACKAGE: &str = "gateway_protocol";
const MENDED_BY: &str = "run `cargo xtask codegen` and commit the result";

/// Generates the types into `crates/zeebe-proto`; with `check` it only compares them.
///
/// # Errors
/// The description does not compile, a file cannot be read or written, or with `check`: the committed types are stale.
pub(crate) fn run(check: bool) -> Result<()> {
    let target = target();
    let fresh = generate()?;
    if check {
        let committed = fs::read_to_string(&target).unwrap_or_default();
        if committed != fresh {
            bail!("{} differs from proto/gateway.proto: {MENDED_BY}", target.display());
        }
        return Ok(());
    }
    if let Some(folder) = target.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(&target, fresh).with_context(|| format!("cannot write {}", target.display()))
}

fn target() -> PathBuf {
    root().join("crates/zeebe-proto/src/generated").join(format!("{PACKAGE}.rs"))
}

fn generate() -> Result<String> {
    let folder = root().join("proto");
    let description = protox::compile(["gateway.proto"], [&folder]).context("proto/gateway.proto")?;
    let out = tempfile::tempdir()?;
    tonic_prost_build::configure()
        .build_client(true)
        .build_server(true)
        .build_transport(false)
        .emit_rerun_if_changed(false)
        .out_dir(out.path())
        .compile_fds(description)
        .context("generating the types")?;
    let file = out.path().join(format!("{PACKAGE}.rs"));
    fs::read_to_string(&file).with_context(|| format!("{} was not generated", file.display()))
}
