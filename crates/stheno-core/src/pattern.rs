//! Patterns: event names with wildcards, and normalised lists of them.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{
    name::{EventName, MAX_NAME_LEN, NameError, NameErrorKind, check_length, check_token},
    shown::shown_name,
};

/// Which events are meant: `order.placed` (that one), `order.*` (any one token), `oauth.>` (one token or more), `>` (all).
///
/// A lone `*` is taken as Medusa means it, all events, and shown as `>`.
///
/// ```
/// use stheno_core::{EventName, Pattern};
/// let orders = Pattern::new("order.*").unwrap();
/// assert!(orders.matches(&EventName::new("order.placed").unwrap()));
/// assert!(!orders.matches(&EventName::new("order-edit.created").unwrap()));
/// assert_eq!(Pattern::new("*").unwrap().as_str(), ">");
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pattern(Arc<str>);

impl Pattern {
    /// Checks and takes a pattern.
    ///
    /// # Errors
    /// [`NameError`] names the offending character or token: a wildcard must be a whole token, and `>` the last one.
    pub fn new(pattern: impl AsRef<str>) -> Result<Self, NameError> {
        let pattern = pattern.as_ref();
        check_length(pattern)?;
        if pattern == "*" {
            return Ok(Self::all());
        }
        let mut position = 0;
        let mut tokens = pattern.split('.').enumerate().peekable();
        while let Some((index, token)) = tokens.next() {
            match token {
                "*" => {}
                ">" if tokens.peek().is_none() => {}
                ">" => {
                    return Err(NameError::new(pattern, NameErrorKind::Wildcard { character: '>', position }));
                }
                _ => check_token(pattern, token, index, position)?,
            }
            position += token.len() + 1;
        }
        Ok(Self(pattern.into()))
    }

    /// The pattern `>` that every event matches.
    pub fn all() -> Self {
        Self(">".into())
    }

    /// The pattern that only this name matches.
    pub fn exactly(name: &EventName) -> Self {
        Self(name.shared().clone())
    }

    /// The whole pattern.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name, if there is no wildcard in the pattern.
    pub fn as_name(&self) -> Option<EventName> {
        self.is_literal().then(|| EventName::trusted(self.0.clone()))
    }

    /// Whether there is no wildcard in it.
    pub fn is_literal(&self) -> bool {
        !self.0.split('.').any(|token| token == "*" || token == ">")
    }

    /// Whether the event of this name is meant. Costs at most one pass over both texts.
    pub fn matches(&self, name: &EventName) -> bool {
        self.matches_str(name.as_str())
    }

    pub(crate) fn matches_str(&self, name: &str) -> bool {
        if *self.0 == *name || *self.0 == *">" {
            return true;
        }
        let mut wanted = self.0.split('.');
        let mut given = name.split('.');
        loop {
            match (wanted.next(), given.next()) {
                (Some(">"), Some(_)) | (None, None) => return true,
                (Some("*"), Some(_)) => {}
                (Some(want), Some(have)) if want == have => {}
                _ => return false,
            }
        }
    }

    /// Whether every name that `other` matches is matched by this one too.
    pub fn covers(&self, other: &Pattern) -> bool {
        let mut wide = self.0.split('.');
        let mut narrow = other.0.split('.');
        loop {
            match (wide.next(), narrow.next()) {
                (Some(">"), Some(_)) | (None, None) => return true,
                (Some("*"), Some(token)) if token != ">" => {}
                (Some(want), Some(have)) if want == have => {}
                _ => return false,
            }
        }
    }

    /// Whether some name is matched by both.
    pub fn overlaps(&self, other: &Pattern) -> bool {
        let mut left = self.0.split('.');
        let mut right = other.0.split('.');
        loop {
            match (left.next(), right.next()) {
                (None, None) | (Some(">"), Some(_)) | (Some(_), Some(">")) => return true,
                (Some("*"), Some(_)) | (Some(_), Some("*")) => {}
                (Some(a), Some(b)) if a == b => {}
                _ => return false,
            }
        }
    }

    /// The narrowest pattern of this shape that covers both.
    fn join(&self, other: &Pattern) -> Pattern {
        let mut joined: Vec<&str> = Vec::new();
        let mut left = self.0.split('.');
        let mut right = other.0.split('.');
        loop {
            match (left.next(), right.next()) {
                (None, None) => break,
                (Some(a), Some(b)) if a == b => joined.push(a),
                (Some(">") | None, _) | (_, Some(">") | None) => {
                    joined.push(">");
                    break;
                }
                _ => joined.push("*"),
            }
        }
        Pattern(joined.join(".").into())
    }
}

/// A normalised list of patterns: sorted, and none that another one covers.
///
/// ```
/// use stheno_core::PatternSet;
/// let set = PatternSet::parse(["order.placed", "order.*", "oauth.>"]).unwrap();
/// assert_eq!(set.to_string(), "oauth.>, order.*");
/// ```
#[derive(Clone, PartialEq, Eq, Default)]
pub struct PatternSet(Arc<[Pattern]>);

impl PatternSet {
    /// Normalises a list.
    pub fn new(patterns: impl IntoIterator<Item = Pattern>) -> Self {
        let mut all: Vec<Pattern> = patterns.into_iter().collect();
        all.sort();
        all.dedup();
        let kept = all.iter().filter(|one| !all.iter().any(|other| other != *one && other.covers(one)));
        Self(kept.cloned().collect())
    }

    /// Checks and normalises a list of texts.
    ///
    /// # Errors
    /// The first text that is no pattern.
    pub fn parse<S: AsRef<str>>(patterns: impl IntoIterator<Item = S>) -> Result<Self, NameError> {
        let parsed: Result<Vec<_>, _> = patterns.into_iter().map(Pattern::new).collect();
        Ok(Self::new(parsed?))
    }

    /// The set of all events.
    pub fn all() -> Self {
        Self::new([Pattern::all()])
    }

    /// Whether any of the patterns matches.
    pub fn matches(&self, name: &EventName) -> bool {
        self.matches_str(name.as_str())
    }

    pub(crate) fn matches_str(&self, name: &str) -> bool {
        self.0.iter().any(|pattern| pattern.matches_str(name))
    }

    /// Whether every event matches.
    pub fn is_all(&self) -> bool {
        self.0.first().is_some_and(|pattern| pattern.as_str() == ">")
    }

    /// Whether no event matches.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The patterns, sorted.
    pub fn iter(&self) -> impl Iterator<Item = &Pattern> {
        self.0.iter()
    }

    /// The patterns of both sets, normalised.
    pub fn union(&self, other: &PatternSet) -> PatternSet {
        Self::new(self.0.iter().chain(other.0.iter()).cloned())
    }

    /// Patterns of which no two match one name, that together match at least what this set matches.
    ///
    /// Some brokers refuse filters that overlap, such as `a.*` beside `*.b`. What the cover matches beyond this set has
    /// to be filtered again.
    pub fn disjoint_cover(&self) -> PatternSet {
        let mut cover: Vec<Pattern> = self.0.to_vec();
        let overlapping = |cover: &[Pattern]| {
            (0..cover.len())
                .flat_map(|a| (a + 1..cover.len()).map(move |b| (a, b)))
                .find(|&(a, b)| cover[a].overlaps(&cover[b]))
        };
        while let Some((a, b)) = overlapping(&cover) {
            let joined = cover[a].join(&cover[b]);
            cover.retain(|pattern| !joined.covers(pattern));
            cover.push(joined);
        }
        Self::new(cover)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&shown_name(&self.0, MAX_NAME_LEN), f)
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl fmt::Display for PatternSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, pattern) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{pattern}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for PatternSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl FromStr for Pattern {
    type Err = NameError;
    fn from_str(pattern: &str) -> Result<Self, NameError> {
        Self::new(pattern)
    }
}

impl Serialize for Pattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Self::new(text).map_err(de::Error::custom)
    }
}

impl Serialize for PatternSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter())
    }
}

impl<'de> Deserialize<'de> for PatternSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::new(Vec::<Pattern>::deserialize(deserializer)?))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The definition, written without care for cost.
    fn naive(pattern: &[&str], name: &[&str]) -> bool {
        match (pattern.first(), name.first()) {
            (None, None) => true,
            (Some(&">"), Some(_)) => true,
            (Some(&"*"), Some(_)) => naive(&pattern[1..], &name[1..]),
            (Some(a), Some(b)) if a == b => naive(&pattern[1..], &name[1..]),
            _ => false,
        }
    }

    fn tokens() -> impl Strategy<Value = String> {
        prop::collection::vec(prop::sample::select(vec!["a", "b", "order", "placed"]), 1..5).prop_map(|t| t.join("."))
    }

    fn patterns() -> impl Strategy<Value = String> {
        let token = prop::sample::select(vec!["a", "b", "order", "placed", "*"]);
        (prop::collection::vec(token, 0..5), any::<bool>()).prop_map(|(mut tokens, tail)| {
            if tail || tokens.is_empty() {
                tokens.push(">");
            }
            tokens.join(".")
        })
    }

    fn pattern(text: &str) -> Pattern {
        Pattern::new(text).unwrap()
    }

    proptest! {
        #[test]
        fn matching_agrees_with_the_naive_matcher(text in patterns(), name in tokens()) {
            prop_assume!(text != "*");
            let wanted: Vec<&str> = text.split('.').collect();
            let given: Vec<&str> = name.split('.').collect();
            prop_assert_eq!(pattern(&text).matches_str(&name), naive(&wanted, &given));
        }

        #[test]
        fn a_normalised_list_matches_what_its_parts_match(list in prop::collection::vec(patterns(), 1..6), name in tokens()) {
            let parts: Vec<Pattern> = list.iter().map(|text| pattern(text)).collect();
            let set = PatternSet::new(parts.clone());
            prop_assert_eq!(set.matches_str(&name), parts.iter().any(|part| part.matches_str(&name)));
        }

        #[test]
        fn a_disjoint_cover_covers_and_does_not_overlap(list in prop::collection::vec(patterns(), 1..6), name in tokens()) {
            let set = PatternSet::new(list.iter().map(|text| pattern(text)));
            let cover = set.disjoint_cover();
            prop_assert!(!set.matches_str(&name) || cover.matches_str(&name));
            let all: Vec<&Pattern> = cover.iter().collect();
            for (index, one) in all.iter().enumerate() {
                prop_assert!(all[index + 1..].iter().all(|other| !one.overlaps(other)), "{}", cover);
            }
        }

        #[test]
        fn covering_means_matching_at_least_as_much(wide in patterns(), narrow in patterns(), name in tokens()) {
            let (wide, narrow) = (pattern(&wide), pattern(&narrow));
            if wide.covers(&narrow) && narrow.matches_str(&name) {
                prop_assert!(wide.matches_str(&name));
            }
            if wide.matches_str(&name) && narrow.matches_str(&name) {
                prop_assert!(wide.overlaps(&narrow));
            }
        }
    }

    #[test]
    fn wildcards_are_whole_tokens_and_the_tail_is_last() {
        for refused in ["order.pl*", "a.>.b", "", "a..*", "order.pla>"] {
            assert!(Pattern::new(refused).is_err(), "{refused}");
        }
        assert_eq!(pattern("*"), Pattern::all());
        assert!(!pattern("oauth.*").matches_str("oauth.token_generated.app"));
        assert!(pattern("oauth.>").matches_str("oauth.token_generated.app"));
        assert!(!pattern("oauth.>").matches_str("oauth"));
    }

    #[test]
    fn long_names_and_deep_patterns_match() {
        let name = vec!["token"; 64].join(".");
        let deep = vec!["*"; 64].join(".");
        assert!(pattern(&deep).matches_str(&name));
        let long = "x".repeat(1024);
        assert!(pattern(&long).matches_str(&long));
        assert!(!pattern(&vec!["*"; 63].join(".")).matches_str(&name));
    }
}
