//! What the tour says at its end: what was published, who handled what, what went wrong, and how to see it again.

use std::{
    fmt::{self, Write as _},
    path::Path,
    sync::Arc,
    time::Duration,
};

use stheno::{
    Operator, Published, RecordedEvent, SubscriberStatus,
    app::Running,
    backend::{BackendError, LogInfo},
    delivery::{
        doc::{Counts, DeadLetter, Note, NoteKind},
        why::Why,
    },
    medusa,
    shown::{shown, shown_chain, shown_long},
};

use crate::{place, print::Grid, tour::Tour};

/// The plugins, which are the columns of the story. The first token of a subscriber's id is its plugin.
const PLUGINS: [&str; 3] = ["notifications", "stock", "audit"];
/// Columns of a line of text.
const WIDTH: usize = 96;

/// What a tour says.
pub(super) struct Report {
    tour: u64,
    /// The first event of the tour.
    first: u64,
    log: LogInfo,
    /// What a command needs beside its words to find this log again, if it needs anything. The address itself is not
    /// repeated: it may have a password in it.
    with: &'static str,
    examples: (usize, usize),
    story: (usize, usize),
    took: Duration,
    rows: Vec<StoryRow>,
    done: Vec<Done>,
    incidents: Vec<String>,
}

/// An event of the story, and what became of it at each plugin.
struct StoryRow {
    event: Arc<RecordedEvent>,
    cells: [String; PLUGINS.len()],
}

/// A subscriber, and what it has done.
struct Done {
    status: SubscriberStatus,
    before: Counts,
    notes: Vec<Note>,
    dead: Vec<DeadLetter>,
}

impl Report {
    pub(super) async fn of(
        running: &Running,
        tour: &Tour,
        before: &[SubscriberStatus],
        took: Duration,
    ) -> Result<Self, BackendError> {
        let operator = running.operator();
        let done = gather(operator, before).await?;
        let mut rows = Vec::new();
        for sequence in tour.story.iter().filter_map(|published| published.sequence) {
            if let Some(event) = operator.event(sequence).await? {
                let cells = cells(operator, &event, &done).await?;
                rows.push(StoryRow { event, cells });
            }
        }
        let incidents = incidents(&rows, &done);
        let log = running.bus().backend().info().await?;
        let (examples, story) = (new_and_old(&tour.examples), new_and_old(&tour.story));
        let first = tour.examples.iter().filter_map(|published| published.sequence).min().unwrap_or(0);
        let with = if std::env::var_os("STHENO_URL").is_some() { ", with the same STHENO_URL" } else { "" };
        Ok(Self { tour: tour.number, first, log, with, examples, story, took, rows, done, incidents })
    }
}

async fn gather(operator: &Operator, before: &[SubscriberStatus]) -> Result<Vec<Done>, BackendError> {
    let mut all = Vec::new();
    for status in operator.subscribers().await? {
        // Those of Stheno itself are not what the tour is about.
        if status.id.starts_with("stheno.") {
            continue;
        }
        let known = before.iter().find(|known| known.id == status.id);
        let before = known.map(|known| known.state.counts).unwrap_or_default();
        let (notes, dead) = (operator.notes(&status.id).await?, operator.dead_letters(&status.id).await?);
        all.push(Done { status, before, notes, dead });
    }
    all.sort_by_key(|done| PLUGINS.iter().position(|plugin| done.plugin() == *plugin));
    Ok(all)
}

async fn cells(
    operator: &Operator,
    event: &RecordedEvent,
    done: &[Done],
) -> Result<[String; PLUGINS.len()], BackendError> {
    let mut cells: [String; PLUGINS.len()] = std::array::from_fn(|_| String::new());
    for one in done.iter().filter(|one| one.status.state.patterns.matches(&event.name)) {
        let why = operator.why(&one.status.id, event.sequence).await?;
        if let Some(plugin) = PLUGINS.iter().position(|plugin| one.plugin() == *plugin) {
            cells[plugin] = match why {
                Why::Handled => match one.failures(event.sequence) {
                    0 => "handled".to_owned(),
                    failures => format!("handled at attempt {}", failures + 1),
                },
                Why::Skipped { .. } => "skipped".to_owned(),
                Why::Dead(_) => "dead letter".to_owned(),
                _ => "waits".to_owned(),
            };
        }
    }
    Ok(cells)
}

/// Skips and failed attempts at the story, a line each, oldest event first.
fn incidents(rows: &[StoryRow], done: &[Done]) -> Vec<String> {
    let mut lines = Vec::new();
    for sequence in rows.iter().map(|row| row.event.sequence) {
        for one in done {
            for note in one.notes.iter().filter(|note| note.sequence == sequence) {
                let what = match &note.what {
                    NoteKind::Skipped(reason) => format!("skipped: {}", shown_long(reason)),
                    NoteKind::Failed(error) => format!("attempt {} failed: {}", note.attempt, shown_chain(error)),
                    _ => continue,
                };
                lines.push(format!("{sequence:>5}  {}  {what}", one.status.id));
            }
        }
    }
    lines
}

fn new_and_old(published: &[Published]) -> (usize, usize) {
    let old = published.iter().filter(|one| one.duplicate).count();
    (published.len() - old, old)
}

impl Done {
    fn plugin(&self) -> &str {
        self.status.id.split('.').next().unwrap_or_default()
    }

    /// How many attempts at an event failed.
    fn failures(&self, sequence: u64) -> usize {
        let failed = |note: &&Note| note.sequence == sequence && matches!(note.what, NoteKind::Failed(_));
        self.notes.iter().filter(failed).count()
    }
}

/// What the log needs beside this process.
fn whereabouts(log: &LogInfo) -> String {
    match log.backend {
        "nats" => format!("at {}", shown(&log.place)),
        _ => "and no server".to_owned(),
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tour, log, examples, story, .. } = self;
        writeln!(f, "Tour {tour} of the storefront: three plugins on one log, {}.\n", whereabouts(log))?;
        writeln!(f, "Published")?;
        let kept = |(new, old): &(usize, usize)| match old {
            0 => format!("{new:>3} new"),
            old => format!("{new:>3} new, {old} were there from a tour that was broken off"),
        };
        writeln!(f, "  one example of each of Medusa's events   {}", kept(examples))?;
        writeln!(f, "  a story of three orders                  {}", kept(story))?;
        writeln!(f, "  that the tour is over                      1 new")?;
        writeln!(f, "  in the log now                           {:>3} events\n", log.last)?;
        f.write_str(&sections())?;
        self.story(f)?;
        self.who_handled_what(f)?;
        self.dead_letters(f)?;
        self.see_it_again(f)
    }
}

impl Report {
    fn story(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, second, third] = PLUGINS;
        let mut grid = Grid::new(["seq", "event of the story", "about", first, second, third], &[0]);
        for StoryRow { event, cells: [first, second, third] } in &self.rows {
            let about = event.key.as_ref().map(|key| key.id().to_owned()).unwrap_or_default();
            let [first, second, third] = [first, second, third].map(Clone::clone);
            grid.row([event.sequence.to_string(), event.name.to_string(), about, first, second, third]);
        }
        writeln!(f, "{grid}")?;
        self.incidents.iter().try_for_each(|line| writeln!(f, "  {line}"))?;
        writeln!(f)
    }

    fn who_handled_what(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = ["subscriber", "handled", "skipped", "failed attempts", "dead letters", "since the log began"];
        let mut grid = Grid::new(head, &[1, 2, 3, 4, 5]);
        for Done { status, before, .. } in &self.done {
            let now = status.state.counts;
            let new = |count: fn(&Counts) -> u64| (count(&now) - count(before)).to_string();
            let all = now.handled + now.skipped + now.dead;
            grid.row([
                status.id.clone(),
                new(|counts| counts.handled),
                new(|counts| counts.skipped),
                new(|counts| counts.failed),
                new(|counts| counts.dead),
                format!("{all} events"),
            ]);
        }
        writeln!(f, "Who handled what, in {:.1} s\n{grid}", self.took.as_secs_f32())
    }

    fn dead_letters(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.done.iter().flat_map(|one| one.dead.iter().map(move |dead| (&one.status.id, dead)));
        let (new, earlier): (Vec<_>, Vec<_>) = all.partition(|(_, dead)| dead.sequence >= self.first);
        writeln!(f, "Dead letters: what a handler gave up on, kept for a person to look at")?;
        for (subscriber, dead) in new {
            let why = Why::Dead(Box::new(dead.clone()));
            writeln!(f, "  {:>5}  {subscriber}  {}\n         why: {why}", dead.sequence, dead.name)?;
        }
        match earlier.len() {
            0 => writeln!(f),
            many => writeln!(f, "  and {many} of earlier tours: cargo run -- dead{}\n", self.with),
        }
    }

    fn see_it_again(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Where it is")?;
        writeln!(f, "  log    {}", shown(&self.log.place))?;
        let mails = std::fs::read_dir(place::MAILS).map_or(0, |files| files.count());
        writeln!(f, "  mails  {}, {mails} files", place::MAILS)?;
        let others = place::OTHERS.iter().filter(|(_, path)| Path::new(path).exists());
        others.into_iter().try_for_each(|(name, path)| writeln!(f, "  {name}  {path}"))?;
        writeln!(f, "\nSee it again{}\n{}", self.with, self.commands())
    }

    fn commands(&self) -> Grid {
        let mut grid = Grid::headless(&[]);
        let mut command = |words: &str, what: &str| grid.row([format!("cargo run{words}"), what.to_owned()]);
        if let Some(key) = self.rows.first().and_then(|row| row.event.key.as_ref()) {
            command(&format!(" -- log {key}"), "what happened to one order");
        }
        if let Some((id, dead)) = self.done.iter().find_map(|one| Some((&one.status.id, one.dead.last()?))) {
            command(&format!(" -- why {} {id}", dead.sequence), "why a handler did, or did not, act");
            command(&format!(" -- redrive {id} {}", dead.sequence), "hand it back: now its mail is taken");
        }
        command(" -- serve", "run the plugins until Ctrl-C");
        command("", "another tour, on the same log");
        grid
    }
}

/// Which sections of Medusa's documentation the examples are of, wrapped.
fn sections() -> String {
    let mut sections: Vec<(&str, usize)> = Vec::new();
    for event in medusa::catalog().events() {
        let section = event.section.trim_end_matches(" Events");
        match sections.iter_mut().find(|(known, _)| *known == section) {
            Some((_, events)) => *events += 1,
            None => sections.push((section, 1)),
        }
    }
    let mut lines = vec![String::new()];
    for (section, events) in sections {
        let part = format!("{section} {events}");
        match lines.last_mut() {
            Some(line) if line.is_empty() => *line = part,
            Some(line) if line.len() + part.len() + 2 <= WIDTH => {
                let _ = write!(line, ", {part}");
            }
            _ => lines.push(part),
        }
    }
    lines.iter().map(|line| format!("  {line}\n")).collect::<String>() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_the_log_is_is_said_if_that_is_a_server() {
        let log = |backend, place: &str| LogInfo::new("l".into(), backend, place.into(), 1, 0, Duration::ZERO);
        assert_eq!(whereabouts(&log("sqlite", "stheno.db")), "and no server");
        assert_eq!(whereabouts(&log("nats", "nats://127.0.0.1:4222/EVENTS")), "at nats://127.0.0.1:4222/EVENTS");
    }
}
