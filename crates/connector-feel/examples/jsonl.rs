//! Answers expressions on standard input, one JSON line each.

fn main() -> std::io::Result<()> {
    connector_feel::jsonl::run(std::io::stdin().lock(), std::io::stdout().lock())
}
