//! Several catalogs together: every name has one owner.

use std::{collections::HashMap, fmt};

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

    /// The event of this name.
    pub fn find(&self, name: &EventName) -> Option<&EventDescriptor> {
        self.events.iter().find(|event| event.matches(name))
    }
}

/// Two catalogs define one name.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DuplicateEvent {
    /// The name or pattern both define.
    pub pattern: &'static str,
    /// The crates of the two, in the order they were added.
    pub crates: [String; 2],
}

impl fmt::Display for DuplicateEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, second] = &self.crates;
        write!(
            f,
            "event `{}` is defined by both `{first}` and `{second}`; a name has one owner: remove one, or use `declare_event!` for a name you only hear of",
            self.pattern
        )
    }
}

/// All catalogs an application knows.
#[derive(Debug, Clone, Default)]
pub struct Catalogs {
    catalogs: Vec<Catalog>,
    exact: HashMap<&'static str, (usize, usize)>,
    patterns: Vec<(Pattern, (usize, usize))>,
    declared: HashMap<&'static str, EventDescriptor>,
}

impl Catalogs {
    /// Puts catalogs together. Declared foreign names give way to an owner's definition.
    pub fn new(
        catalogs: impl IntoIterator<Item = Catalog>,
        declared: impl IntoIterator<Item = EventDescriptor>,
    ) -> (Self, Vec<DuplicateEvent>) {
        let mut all = Self::default();
        let mut duplicates = Vec::new();
        for catalog in catalogs {
            // The same catalog linked and added by hand is one catalog.
            let same = |known: &Catalog| known.name == catalog.name && known.crate_name == catalog.crate_name;
            if !all.catalogs.iter().any(same) {
                all.add(catalog, &mut duplicates);
            }
        }
        all.declared = declared.into_iter().map(|event| (event.pattern, event)).collect();
        (all, duplicates)
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
                duplicates.push(DuplicateEvent { pattern: event.pattern, crates });
                continue;
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
