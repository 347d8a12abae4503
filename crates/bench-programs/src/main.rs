//! The programs as they are timed: with the allocator of the connector.

use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> anyhow::Result<()> {
    bench_programs::run(None)
}
