//! Subjects: the key first, so that one filter per pattern suffices and an entity's history is one filter too.
//!
//! | subject | what |
//! |---|---|
//! | `events.<name>` | where anybody publishes; the stream turns it into `log._.<name>` |
//! | `log.<key>.<name>` | an event as it is stored; the key is `_` where the publisher gave none |
//! | `schedule.<id>` | an event whose time has not come; outside of what anybody reads |

use stheno_core::{EventId, EventName, Key, PatternSet, backend::Query, encode_token};

/// The key token of an event without a key. No key is written so: a key has a colon.
const NO_KEY: &str = "_";
/// Filters a consumer gets at most. With more of them, everything is read and filtered here.
const MAX_FILTERS: usize = 16;

/// Whether a filter, which may have wildcards, matches a subject.
pub(crate) fn is_filtered(filter: &str, subject: &str) -> bool {
    let mut tokens = subject.split('.');
    for wanted in filter.split('.') {
        match (wanted, tokens.next()) {
            (">", Some(_)) => return true,
            (wanted, Some(token)) if wanted == "*" || wanted == token => {}
            _ => return false,
        }
    }
    tokens.next().is_none()
}

/// The key that a token says, if it is the very token of a key: with another one, nobody would find the event by its key.
pub(crate) fn key(token: &str) -> Option<Key> {
    Key::from_token(token).filter(|key| !token.contains('%') || key.to_token() == token)
}

/// The subjects of one log.
#[derive(Debug, Clone)]
pub(crate) struct Subjects {
    /// Empty, or ends with a dot.
    prefix: String,
}

impl Subjects {
    /// Those of a log with this prefix, which may be empty.
    pub(crate) fn new(prefix: &str) -> Self {
        let dot = if prefix.is_empty() { "" } else { "." };
        Self { prefix: format!("{prefix}{dot}") }
    }

    /// Where anybody publishes.
    pub(crate) fn published(&self) -> String {
        format!("{}events.>", self.prefix)
    }

    /// What that becomes.
    pub(crate) fn published_as(&self) -> String {
        format!("{}log.{NO_KEY}.>", self.prefix)
    }

    /// Every event.
    pub(crate) fn log(&self) -> String {
        format!("{}log.>", self.prefix)
    }

    /// Every event that is scheduled.
    pub(crate) fn scheduled(&self) -> String {
        format!("{}schedule.>", self.prefix)
    }

    /// Where an event is stored.
    pub(crate) fn of_event(&self, key: Option<&Key>, name: &EventName) -> String {
        let key = key.map(Key::to_token);
        [&*self.prefix, "log.", key.as_deref().unwrap_or(NO_KEY), ".", name.as_str()].concat()
    }

    /// Where an event waits for its time.
    pub(crate) fn of_scheduled(&self, id: &EventId) -> String {
        // An id is not empty, so it can be encoded.
        format!("{}schedule.{}", self.prefix, encode_token(id.as_str()).unwrap_or_default())
    }

    /// Whether an event waits there for its time.
    pub(crate) fn is_scheduled(&self, subject: &str) -> bool {
        subject.strip_prefix(&*self.prefix).is_some_and(|subject| subject.starts_with("schedule."))
    }

    /// Every event of a key.
    pub(crate) fn of_key(&self, key: &Key) -> String {
        format!("{}log.{}.>", self.prefix, key.to_token())
    }

    /// Why a message is no event and never becomes one, if it is none.
    pub(crate) fn no_event(&self, subject: &str) -> Option<&'static str> {
        let rest = subject.strip_prefix(&*self.prefix)?;
        if let Some(stored) = rest.strip_prefix("log.") {
            return (!stored.contains('.')).then_some("its subject has no name behind the key");
        }
        // The server moves every message from where it was published, but for these: it tells the publisher that the subject is
        // invalid, acknowledges and stores it all the same.
        rest.starts_with("events.").then_some("its name has wildcards")
    }

    /// The key token and the name that a subject says.
    pub(crate) fn parse<'s>(&self, subject: &'s str) -> Option<(Option<&'s str>, &'s str)> {
        let stored = subject.strip_prefix(&*self.prefix)?.strip_prefix("log.")?;
        let (key, name) = stored.split_once('.')?;
        Some(((key != NO_KEY).then_some(key), name))
    }

    /// The same of the subject where a scheduled event will go: another program may have named the one where it would publish.
    pub(crate) fn target<'s>(&self, subject: &'s str) -> Option<(Option<&'s str>, &'s str)> {
        let published = subject.strip_prefix(&*self.prefix).and_then(|subject| subject.strip_prefix("events."));
        published.map(|name| (None, name)).or_else(|| self.parse(subject))
    }

    /// What a reader of these patterns asks for.
    pub(crate) fn filters(&self, patterns: &PatternSet, of: Of<'_>) -> Filters {
        let token = match of {
            Of::Anything => "*".to_owned(),
            Of::Key(key) => key.to_token(),
            Of::NoKey => NO_KEY.to_owned(),
        };
        let cover = patterns.disjoint_cover();
        let exact = cover.iter().count() <= MAX_FILTERS;
        let cover = if exact { cover } else { PatternSet::all() };
        let subjects = cover.iter().map(|pattern| format!("{}log.{token}.{pattern}", self.prefix)).collect();
        Filters { everything: matches!(of, Of::Anything) && cover.is_all(), again: cover != *patterns, subjects }
    }
}

/// Whose events are asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Of<'a> {
    Anything,
    Key(&'a Key),
    /// Those that were stored without one.
    NoKey,
}

impl<'a> Of<'a> {
    /// What a query asks for.
    pub(crate) fn query(query: &'a Query) -> Self {
        match &query.key {
            Some(key) => Of::Key(key),
            None if query.keyless => Of::NoKey,
            None => Of::Anything,
        }
    }
}

/// What a consumer is asked to give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Filters {
    /// No two overlap.
    pub(crate) subjects: Vec<String>,
    /// They match every event there is.
    pub(crate) everything: bool,
    /// They match more than was asked for: what comes has to be filtered again.
    pub(crate) again: bool,
}

impl Filters {
    /// What a consumer is made with. One of everything gets none, which costs the server least; it also gets what is
    /// scheduled, which is no event yet and is left out when it is decoded.
    pub(crate) fn of_consumer(&self) -> &[String] {
        if self.everything { &[] } else { &self.subjects }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_first_and_names_last() {
        let subjects = Subjects::new("");
        let name = EventName::new("order.placed").unwrap();
        let key = Key::new("shopify.order", "45 0").unwrap();
        assert_eq!(subjects.of_event(Some(&key), &name), "log.shopify%2Eorder:45%200.order.placed");
        assert_eq!(subjects.of_event(None, &name), "log._.order.placed");
        assert_eq!(subjects.parse("log._.order.placed"), Some((None, "order.placed")));
        assert_eq!(subjects.parse("log.a:b.ping"), Some((Some("a:b"), "ping")));
        assert_eq!(subjects.parse("schedule.x"), None);
        assert!(subjects.is_scheduled("schedule.x") && !subjects.is_scheduled("log._.schedule.x"));
        assert!(subjects.no_event("events.order.*").is_some() && subjects.no_event("log.order").is_some());
        assert!(subjects.no_event("log._.events.x").is_none() && subjects.no_event("schedule.x").is_none());
    }

    #[test]
    fn a_prefix_stands_before_everything() {
        let subjects = Subjects::new("shop.eu");
        let name = EventName::new("order.placed").unwrap();
        assert_eq!(subjects.published(), "shop.eu.events.>");
        assert_eq!(subjects.parse(&subjects.of_event(None, &name)), Some((None, "order.placed")));
        assert_eq!(subjects.parse("log._.order.placed"), None);
    }

    #[test]
    fn filters_never_overlap_and_say_what_is_to_be_filtered_again() {
        let filters =
            |patterns: &[&str]| Subjects::new("").filters(&PatternSet::parse(patterns).unwrap(), Of::Anything);
        assert!(filters(&[">"]).everything && filters(&[">"]).of_consumer().is_empty());
        assert_eq!(filters(&["order.*"]).of_consumer(), ["log.*.order.*"]);
        assert_eq!(filters(&["order.*", "ping"]).subjects, ["log.*.order.*", "log.*.ping"]);
        assert!(!filters(&["order.*", "ping"]).again);
        let joined = filters(&["order.*", "*.placed"]);
        assert!(joined.again && joined.subjects.len() == 1, "{joined:?}");
        let many: Vec<_> = (0..40).map(|number| format!("name{number}.x")).collect();
        let many: Vec<_> = many.iter().map(String::as_str).collect();
        assert_eq!(filters(&many).subjects, ["log.*.>"]);
        assert!(filters(&many).again);
        let key = Key::new("order", "1").unwrap();
        let of_key = Subjects::new("").filters(&PatternSet::all(), Of::Key(&key));
        assert_eq!((of_key.subjects, of_key.everything), (vec!["log.order:1.>".to_owned()], false));
        let without = Subjects::new("").filters(&PatternSet::all(), Of::NoKey);
        assert_eq!((without.subjects, without.everything), (vec!["log._.>".to_owned()], false));
    }
}
