//! The programs as they are timed.

fn main() -> anyhow::Result<()> {
    bench_programs::run(None)
}
