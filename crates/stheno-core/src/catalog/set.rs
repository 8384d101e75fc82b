//! Several catalogs together: every name has one owner.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
};

use crate::{catalog::EventDescriptor, key::Key, name::EventName, nearest::nearest, pattern::Pattern};

/// The documented events of one owner.
#[derive(Debug, Clone)]
pub struct Catalog {
    name: &'static str,
    crate_name: &'static str,
    crate_version: &'static str,
    events: Vec<EventDescriptor>,
}

impl Catalog {
    /// A catalog with a name, owned by a crate.
    pub fn new(name: &'static str, crate_name: &'static str, crate_version: &'static str) -> Self {
        Self { name, crate_name, crate_version, events: Vec::new() }
    }

    /// Adds an event.
    #[must_use]
    pub fn event(mut self, event: EventDescriptor) -> Self {
        self.events.push(event);
        self
    }

    /// What it is called: `medusa`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The crate that owns it.
    pub fn crate_name(&self) -> &'static str {
        self.crate_name
    }

    /// The version of that crate.
    pub fn crate_version(&self) -> &'static str {
        self.crate_version
    }

    /// Its events, in the order of their documentation.
    pub fn events(&self) -> &[EventDescriptor] {
        &self.events
    }

    /// Whether it is the same catalog, perhaps linked and added by hand.
    fn is_same(&self, other: &Catalog) -> bool {
        let same = |(one, other): (&EventDescriptor, &EventDescriptor)| one.says_the_same(other);
        self.crate_name == other.crate_name
            && self.events.len() == other.events.len()
            && self.events.iter().zip(&other.events).all(same)
    }

    /// The event of this name.
    pub fn find(&self, name: &EventName) -> Option<&EventDescriptor> {
        self.events.iter().find(|event| event.matches(name))
    }
}

/// Two catalogs, or two declarations, say different things of one name.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DuplicateEvent {
    /// The name or pattern both define.
    pub pattern: &'static str,
    /// The crates of the two, in the order they were added.
    pub crates: [String; 2],
    how: How,
}

/// In which way a name is there twice.
#[derive(Debug, Clone, PartialEq, Eq)]
enum How {
    /// Both define it.
    Defined,
    /// The second defines names that this pattern of the first matches, too.
    Overlaps(&'static str),
    /// Both only hear of it, and say different things of it, or are one crate.
    Declared,
    /// It is the name of two catalogs.
    Catalog,
}

impl fmt::Display for DuplicateEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, second] = &self.crates;
        let pattern = self.pattern;
        match &self.how {
            How::Defined => write!(
                f,
                "event `{pattern}` is defined by both `{first}` and `{second}`; a name has one owner: remove one, or use `declare_event!` for a name you only hear of"
            ),
            How::Overlaps(other) => write!(
                f,
                "event `{pattern}` of `{second}` is also one of `{other}`, which `{first}` defines; a name has one owner: remove one, or use `declare_event!` for a name you only hear of"
            ),
            How::Declared if first == second => {
                write!(f, "event `{pattern}` is declared twice in `{first}`; remove one `declare_event!`")
            }
            How::Declared => write!(
                f,
                "event `{pattern}` is declared by both `{first}` and `{second}`, with different keys or fields; let one crate define it in its catalog"
            ),
            How::Catalog => write!(
                f,
                "two different catalogs are called `{pattern}`, one of `{first}` and one of `{second}`; rename one"
            ),
        }
    }
}

/// All catalogs an application knows.
#[derive(Debug, Clone, Default)]
pub struct Catalogs {
    catalogs: Vec<Catalog>,
    exact: HashMap<&'static str, (usize, usize)>,
    patterns: Vec<(Pattern, (usize, usize))>,
    /// By name, so that of two patterns that match a name it is always the same that counts.
    declared: BTreeMap<&'static str, EventDescriptor>,
    duplicates: Vec<DuplicateEvent>,
}

impl Catalogs {
    /// Puts catalogs together. Declared foreign names give way to an owner's definition. Several crates may declare one name; the
    /// description of the first by name of the crate counts.
    ///
    /// What is there twice is also [kept](Self::duplicates): a bus with such catalogs publishes nothing.
    pub fn new(
        catalogs: impl IntoIterator<Item = Catalog>,
        declared: impl IntoIterator<Item = EventDescriptor>,
    ) -> (Self, Vec<DuplicateEvent>) {
        let mut all = Self::default();
        let mut duplicates = Vec::new();
        for catalog in catalogs {
            match all.catalogs.iter().find(|known| known.name == catalog.name) {
                None => all.add(catalog, &mut duplicates),
                // The same catalog linked and added by hand is one catalog.
                Some(known) if known.is_same(&catalog) => {}
                Some(known) => duplicates.push(DuplicateEvent {
                    pattern: catalog.name,
                    crates: [known, &catalog].map(|catalog| catalog.crate_name.to_owned()),
                    how: How::Catalog,
                }),
            }
        }
        let mut declared: Vec<_> = declared.into_iter().collect();
        declared.sort_by_key(|event| (event.pattern, event.owner));
        for event in declared {
            match all.declared.get(event.pattern) {
                Some(known) if known.owner == event.owner || !known.says_the_same(&event) => {
                    duplicates.push(DuplicateEvent {
                        pattern: event.pattern,
                        crates: [known.owner.to_owned(), event.owner.to_owned()],
                        how: How::Declared,
                    });
                }
                Some(_) => {}
                None => _ = all.declared.insert(event.pattern, event),
            }
        }
        all.duplicates.clone_from(&duplicates);
        (all, duplicates)
    }

    /// What is there twice. An app with such catalogs does not start, and a bus publishes nothing.
    pub fn duplicates(&self) -> &[DuplicateEvent] {
        &self.duplicates
    }

    fn add(&mut self, catalog: Catalog, duplicates: &mut Vec<DuplicateEvent>) {
        let at = self.catalogs.len();
        for (index, event) in catalog.events.iter().enumerate() {
            let owner = |(c, e): (usize, usize)| match self.catalogs.get(c) {
                Some(other) => other.events[e].owner,
                None => catalog.events[e].owner,
            };
            let earlier = self.exact.get(event.pattern).copied();
            let earlier = earlier.or_else(|| {
                let same = |(pattern, place): &(Pattern, _)| (pattern.as_str() == event.pattern).then_some(*place);
                self.patterns.iter().find_map(same)
            });
            if let Some(place) = earlier {
                let crates = [owner(place).to_owned(), event.owner.to_owned()];
                duplicates.push(DuplicateEvent { pattern: event.pattern, crates, how: How::Defined });
                continue;
            }
            if let Some((other, first)) = self.overlapping(event) {
                let crates = [first.to_owned(), event.owner.to_owned()];
                duplicates.push(DuplicateEvent { pattern: event.pattern, crates, how: How::Overlaps(other) });
            }
            match Pattern::new(event.pattern) {
                Ok(pattern) if !pattern.is_literal() => self.patterns.push((pattern, (at, index))),
                _ => {
                    self.exact.insert(event.pattern, (at, index));
                }
            }
        }
        self.catalogs.push(catalog);
    }

    /// A pattern that another owner defines and that matches a name of this event, and the owner. Within one catalog a name may
    /// stand beside a pattern of its own.
    fn overlapping(&self, event: &EventDescriptor) -> Option<(&'static str, &'static str)> {
        let pattern = Pattern::new(event.pattern).ok()?;
        let others =
            self.catalogs.iter().flat_map(|catalog| &catalog.events).filter(|other| other.owner != event.owner);
        let is_wide = |text: &str| text.contains(['*', '>']);
        others
            .filter(|other| is_wide(other.pattern) || is_wide(event.pattern))
            .find(|other| Pattern::new(other.pattern).is_ok_and(|other| other.overlaps(&pattern)))
            .map(|other| (other.pattern, other.owner))
    }

    /// The catalogs.
    pub fn iter(&self) -> impl Iterator<Item = &Catalog> {
        self.catalogs.iter()
    }

    /// Where an owner's definition of this name is.
    fn place(&self, name: &EventName) -> Option<(usize, usize)> {
        let place = self.exact.get(name.as_str()).copied();
        place.or_else(|| self.patterns.iter().find(|(pattern, _)| pattern.matches(name)).map(|(_, at)| *at))
    }

    /// Whether an owner's definition of this name is here.
    pub(crate) fn defines(&self, name: &EventName) -> bool {
        self.place(name).is_some()
    }

    /// The event of this name: an owner's definition, or else a declaration.
    pub fn find(&self, name: &EventName) -> Option<&EventDescriptor> {
        match self.place(name) {
            Some((catalog, event)) => Some(&self.catalogs[catalog].events[event]),
            None => {
                self.declared.get(name.as_str()).or_else(|| self.declared.values().find(|event| event.matches(name)))
            }
        }
    }

    /// Whether any known event can match this pattern.
    pub fn knows_pattern(&self, pattern: &Pattern) -> bool {
        self.every_pattern().any(|known| Pattern::new(known).is_ok_and(|known| known.overlaps(pattern)))
    }

    /// The known name nearest to one that nobody knows, if one is near enough to be meant.
    pub fn nearest(&self, name: &str) -> Option<&'static str> {
        nearest(name, self.every_pattern())
    }

    /// The key of an event by its catalog's rule; the body is only read when the rule looks into it.
    pub fn key_of(&self, name: &EventName, body: &[u8]) -> Option<Key> {
        self.find(name)?.key.find(name, body)
    }

    fn every_pattern(&self) -> impl Iterator<Item = &'static str> {
        let defined = self.catalogs.iter().flat_map(|catalog| catalog.events.iter().map(|event| event.pattern));
        defined.chain(self.declared.keys().copied())
    }
}
