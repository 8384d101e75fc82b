//! The keys of records in their bucket: a path becomes tokens, so that a folder of records is one filter.
//!
//! `sub/receipts.send/state` is the key `sub.receipts=2Esend.state`. Keys have only characters that every tool for
//! key-value buckets takes.

use stheno_core::backend::RecordName;

/// What stands for a token without any character.
const EMPTY: &str = "=";

/// Where records lie.
#[derive(Debug, Clone)]
pub(crate) struct RecordSubjects {
    /// `$KV.<bucket>.`
    prefix: String,
    /// What stands in front where a record is written: nothing, or the API of a JetStream domain. Servers of one domain let nothing
    /// through to another that begins with `$KV.`, and take what comes by the API for it.
    through: String,
}

impl RecordSubjects {
    pub(crate) fn of_bucket(bucket: &str, domain: Option<&str>) -> Self {
        let through = domain.map(|domain| format!("$JS.{domain}.API.")).unwrap_or_default();
        Self { prefix: format!("$KV.{bucket}."), through }
    }

    /// Where a record is written.
    pub(crate) fn written(&self, name: &str) -> String {
        let mut subject = self.of(name);
        subject.insert_str(0, &self.through);
        subject
    }

    /// Where a record lies.
    pub(crate) fn of(&self, name: &str) -> String {
        let mut subject = self.prefix.clone();
        for (index, token) in name.split('/').enumerate() {
            if index > 0 {
                subject.push('.');
            }
            push_token(&mut subject, token);
        }
        subject
    }

    /// A filter for every record whose name begins so, and maybe more.
    pub(crate) fn beginning(&self, prefix: &str) -> String {
        match prefix.rsplit_once('/') {
            Some((folder, _)) => format!("{}.>", self.of(folder)),
            None => format!("{}>", self.prefix),
        }
    }

    /// The record that lies there.
    pub(crate) fn name(&self, subject: &str) -> Option<RecordName> {
        let mut name = String::with_capacity(subject.len());
        for (index, token) in subject.strip_prefix(&*self.prefix)?.split('.').enumerate() {
            if index > 0 {
                name.push('/');
            }
            if token != EMPTY {
                name.push_str(&unescape(token)?);
            }
        }
        Some(RecordName::trusted(name))
    }
}

fn push_token(subject: &mut String, token: &str) {
    if token.is_empty() {
        subject.push_str(EMPTY);
    }
    for character in token.chars() {
        match character {
            '.' => subject.push_str("=2E"),
            '=' => subject.push_str("=3D"),
            other => subject.push(other),
        }
    }
}

fn unescape(token: &str) -> Option<String> {
    let mut parts = token.split('=');
    let mut text = parts.next()?.to_owned();
    for part in parts {
        text.push(match part.get(..2)? {
            "2E" => '.',
            "3D" => '=',
            _ => return None,
        });
        text.push_str(&part[2..]);
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_name_comes_back(name in "[A-Za-z0-9_=./-]{1,60}") {
            let subjects = RecordSubjects::of_bucket("b", None);
            let subject = subjects.of(&name);
            let found = subjects.name(&subject);
            prop_assert_eq!(found.as_ref().map(RecordName::as_str), Some(&*name));
            prop_assert!(subject.split('.').all(|token| !token.is_empty()));
        }
    }

    #[test]
    fn a_folder_is_one_filter() {
        let subjects = RecordSubjects::of_bucket("b", None);
        assert_eq!(subjects.of("sub/receipts.send/state"), "$KV.b.sub.receipts=2Esend.state");
        assert_eq!(subjects.beginning("sub/receipts.send/lane/"), "$KV.b.sub.receipts=2Esend.lane.>");
        assert_eq!(subjects.beginning("sub/rec"), "$KV.b.sub.>");
        assert_eq!(subjects.beginning("su"), "$KV.b.>");
    }

    #[test]
    fn a_record_is_written_through_the_api_of_its_domain_and_lies_where_it_lies_without_one() {
        let (here, there) = (RecordSubjects::of_bucket("b", None), RecordSubjects::of_bucket("b", Some("hub")));
        assert_eq!(here.written("a/b"), "$KV.b.a.b");
        assert_eq!((there.written("a/b"), there.of("a/b")), ("$JS.hub.API.$KV.b.a.b".into(), "$KV.b.a.b".into()));
    }
}
