//! The programs while their allocations are counted.

fn main() -> anyhow::Result<()> {
    bench_programs::run(Some(|work| allocation_counter::measure(work).count_total))
}
