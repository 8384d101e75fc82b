//! What is linked and enabled, as a table for people.

use std::fmt;

use crate::{
    catalog::set::Catalogs,
    plugin::Plugin,
    runtime::{subscription::enabled::Enabled, unknown},
    subscriber::{definition::SubscriberDef, policy::Policy},
};

/// How wide the events of a subscriber may be, in bytes; names are ASCII.
const EVENTS: usize = 48;

/// One subscriber that is enabled.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) patterns: Vec<String>,
    pub(crate) plugin: String,
    pub(crate) crate_name: String,
    pub(crate) crate_version: String,
    pub(crate) policy: Policy,
}

impl Row {
    pub(crate) fn new(enabled: &Enabled, plugin: Option<&Plugin>, definition: &SubscriberDef) -> Self {
        Self {
            id: enabled.id.to_string(),
            patterns: enabled.patterns.iter().map(ToString::to_string).collect(),
            plugin: plugin.map_or("(app)", Plugin::name).to_owned(),
            crate_name: definition.origin.crate_name.to_owned(),
            crate_version: definition.origin.crate_version.to_owned(),
            policy: enabled.policy.clone(),
        }
    }
}

/// What an app runs: catalogs, plugins, subscribers, and what is linked and not enabled. Print it.
#[derive(Debug, Clone)]
pub struct Table {
    rows: Vec<Row>,
    catalogs: Vec<String>,
    not_enabled: Vec<String>,
}

impl Table {
    pub(crate) fn new(rows: Vec<Row>, catalogs: &Catalogs, not_enabled: Vec<String>) -> Self {
        let catalogs = catalogs.iter().map(|catalog| {
            format!(
                "{} ({} events, {} {})",
                catalog.name(),
                catalog.events().len(),
                catalog.crate_name(),
                catalog.crate_version()
            )
        });
        let rows = rows.into_iter().filter(|row| row.id != unknown::SUBSCRIBER).collect();
        Self { rows, catalogs: catalogs.collect(), not_enabled }
    }

    /// How many subscribers are enabled.
    pub fn subscribers(&self) -> usize {
        self.rows.len()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let catalogs = if self.catalogs.is_empty() { "none".to_owned() } else { self.catalogs.join(", ") };
        writeln!(f, "catalogs: {catalogs}")?;
        let width = |cell: fn(&Row) -> usize, head: &str| self.rows.iter().map(cell).max().unwrap_or(0).max(head.len());
        let (plugin, id) = (width(|row| row.plugin.len(), "plugin"), width(|row| row.id.len(), "subscriber"));
        let events = width(|row| shortened(&row.patterns).len(), "events");
        writeln!(f, "{:plugin$}  {:id$}  {:events$}  policy", "plugin", "subscriber", "events")?;
        for row in &self.rows {
            let Row { plugin: name, id: subscriber, patterns, policy, .. } = row;
            writeln!(f, "{name:plugin$}  {subscriber:id$}  {:events$}  {policy}", shortened(patterns))?;
        }
        for orphan in &self.not_enabled {
            writeln!(f, "linked, not enabled: {orphan}")?;
        }
        Ok(())
    }
}

/// The patterns as far as they fit into a column, and how many more there are.
fn shortened(patterns: &[String]) -> String {
    let fits = |count: &usize| patterns.iter().take(*count).map(|pattern| pattern.len() + 2).sum::<usize>() <= EVENTS;
    let shown = (1..=patterns.len()).rev().find(fits).unwrap_or(1);
    match patterns.len().saturating_sub(shown) {
        0 => patterns.join(", "),
        more => format!("{} +{more}", patterns.iter().take(shown).map(String::as_str).collect::<Vec<_>>().join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_that_do_not_fit_are_counted() {
        let patterns = |count: usize| (0..count).map(|number| format!("order.changed_{number}")).collect::<Vec<_>>();
        assert_eq!(shortened(&patterns(2)), "order.changed_0, order.changed_1");
        assert_eq!(shortened(&patterns(5)), "order.changed_0, order.changed_1 +3");
        assert_eq!(shortened(&["x".repeat(60)]), "x".repeat(60));
        assert_eq!(shortened(&[]), "");
    }
}
