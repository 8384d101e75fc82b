//! A process that is killed at random moments loses nothing it has acknowledged, and handles everything in order.
//!
//! `STHENO_KILL_ROUNDS=2000 cargo test -p stheno-testkit --test kill` takes longer; `STHENO_SEED` repeats a run.

use stheno_testkit::kill::Rounds;

#[test]
fn a_process_that_is_killed_at_any_moment_loses_nothing() {
    // Kept when the test fails, to look into.
    let directory = tempfile::tempdir().unwrap().keep();
    println!("the log and the ledger are in {}", directory.display());
    let rounds = stheno_testkit::random::number_in("STHENO_KILL_ROUNDS").unwrap_or(50);
    let report = Rounds::new(env!("CARGO_BIN_EXE_stheno-kill-child"), &directory).rounds(rounds).run();
    println!("{report:?}");
    assert_eq!(report.kills, rounds);
    assert!(report.events >= report.acknowledged);
    std::fs::remove_dir_all(directory).unwrap();
}
