//! The process that the kill test ends: see `stheno_testkit::kill`.

fn main() -> std::process::ExitCode {
    stheno_testkit::kill::child::main()
}
