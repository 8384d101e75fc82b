//! The process that kills: rounds of starting, waiting a random while, and SIGKILL.

use std::{
    collections::{HashMap, HashSet},
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use crate::{
    kill::{check, child::Task},
    random::Random,
};

/// The longest a child lives.
const LONGEST_LIFE: Duration = Duration::from_millis(1_400);

/// A kill test before it is run.
#[derive(Debug)]
#[must_use = "nobody is killed before it is run"]
pub struct Rounds {
    child: PathBuf,
    directory: PathBuf,
    rounds: u64,
    random: Random,
}

/// What the children have said: which ids they tried, and which the log took, and where.
#[derive(Debug, Default)]
pub struct Said {
    /// Every id that somebody tried to publish.
    pub tried: HashSet<String>,
    /// Every id that the log took, with its sequence unless it was for later.
    pub acknowledged: HashMap<String, Option<u64>>,
}

/// What a kill test has seen.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// How often the child was killed.
    pub kills: u64,
    /// Events that were acknowledged.
    pub acknowledged: usize,
    /// Events in the log.
    pub events: usize,
    /// Attempts in the ledger.
    pub attempts: usize,
    /// Events that a subscriber handled more than once, because it was killed before that was recorded.
    pub repeated: usize,
    /// Dead letters before they were redriven.
    pub dead_letters: usize,
}

impl Rounds {
    /// A kill test with this binary as the child (`stheno-kill-child`), in an empty directory. Its numbers come from
    /// `STHENO_SEED`, or else a new seed that is printed.
    pub fn new(child: impl Into<PathBuf>, directory: &Path) -> Self {
        let random = Random::seeded("the kill test");
        Self { child: child.into(), directory: directory.to_owned(), rounds: 50, random }
    }

    /// How often the child is killed; 50 by default.
    ///
    /// # Panics
    /// When it is 0: nothing would be tested.
    pub fn rounds(mut self, rounds: u64) -> Self {
        assert!(rounds > 0, "a kill test of 0 rounds tests nothing");
        self.rounds = rounds;
        self
    }

    /// Runs all rounds, lets everything come to its end, and checks it.
    ///
    /// # Panics
    /// When something was lost, repeated in the log, or handled out of order; the message has the seed.
    pub fn run(mut self) -> Report {
        let seed = self.random.seed();
        let mut said = Said::default();
        for round in 0..self.rounds {
            let life = self.random.time_below(LONGEST_LIFE);
            let mut child = self.start(Task::Work, round);
            let listening = listen(&mut child);
            thread::sleep(life);
            let early = child.try_wait().expect("a child can be asked");
            assert_eq!(early, None, "seed {seed}, round {round}: the child ended before it was killed");
            child.kill().expect("a child can be killed");
            child.wait().expect("a child that was killed ends");
            said.take(listening.join().expect("listening does not panic"));
        }
        self.let_end(Task::Finish);
        let dead_letters = check::before_mending(&self.log(), &self.ledger(), &said, seed);
        self.let_end(Task::Mend);
        let mut report = check::after_mending(&self.log(), &self.ledger(), &said, seed);
        (report.kills, report.dead_letters) = (self.rounds, dead_letters);
        report
    }

    fn let_end(&self, task: Task) {
        let seed = self.random.seed();
        let ended = self.start(task, self.rounds).wait().expect("a child can be waited for");
        assert!(ended.success(), "seed {seed}: the child could not {}: {ended}", task.as_str());
    }

    fn start(&self, task: Task, round: u64) -> Child {
        Command::new(&self.child)
            .args([task.as_str().as_ref(), self.log().as_os_str(), self.ledger().as_os_str()])
            .args([round.to_string(), self.random.seed().to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("the child {} cannot be started: {error}", self.child.display()))
    }

    fn log(&self) -> PathBuf {
        self.directory.join("killed.db")
    }

    fn ledger(&self) -> PathBuf {
        self.directory.join("ledger")
    }
}

/// Takes down what a child says, so that it never waits for us.
fn listen(child: &mut Child) -> thread::JoinHandle<Vec<String>> {
    let out = child.stdout.take().expect("its output was asked for");
    thread::spawn(move || BufReader::new(out).lines().map_while(Result::ok).collect())
}

impl Said {
    fn take(&mut self, lines: Vec<String>) {
        for line in lines {
            match line.split(' ').collect::<Vec<_>>()[..] {
                ["try", id] => drop(self.tried.insert(id.to_owned())),
                ["ack", id, sequence] => drop(self.acknowledged.insert(id.to_owned(), sequence.parse().ok())),
                _ => panic!("a child said `{line}`"),
            }
        }
    }
}
