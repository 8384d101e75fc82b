//! Which field is at fault where a type does not say it: one that is read as a whole first and taken apart later, as an
//! internally tagged enum or what is behind `#[serde(flatten)]`.

use crate::plugin::config::{
    error::ReadError,
    setting::{Place, Setting, What},
};

/// Most fields that are looked at.
const FIELDS: usize = 64;

/// The place of the field at fault in a table: the one without which the error is another one.
///
/// Without the field that names the variant, every error is another one. Without it and a second one, that field is the one that
/// is missing; so it is told from the others.
pub(super) fn find(
    settings: &Setting,
    error: &ReadError,
    read: impl Fn(Setting) -> Option<ReadError>,
) -> Option<Place> {
    let mut fields = Vec::new();
    settings.leaves(&mut fields);
    let above = error.place().map_or("", |place| place.path.as_str());
    let is_inside = |place: &Place| above.is_empty() || place.path.starts_with(&format!("{above}."));
    fields.retain(is_inside);
    if fields.is_empty() || fields.len() > FIELDS {
        return None;
    }
    let without = |places: &[&Place]| {
        let mut rest = settings.clone();
        places.iter().for_each(|place| rest.remove(&place.path));
        read(rest)
    };
    let is_another = |other: &Option<ReadError>| other.as_ref().is_none_or(|other| !other.says_the_same(error));
    let suspects: Vec<&Place> = fields.iter().filter(|place| is_another(&without(&[place]))).collect();
    let missing = match suspects.as_slice() {
        [] => return None,
        [one] => return Some((*one).clone()),
        several => without(several)?.missing()?,
    };
    let names_variant = |place: &&&Place| place.path.rsplit('.').next() == Some(missing);
    suspects.iter().find(|place| !names_variant(place)).map(|place| (**place).clone())
}

impl Setting {
    /// The places of everything that is no table.
    fn leaves(&self, found: &mut Vec<Place>) {
        match &self.what {
            What::Table(entries) => entries.values().for_each(|entry| entry.leaves(found)),
            _ => found.push(self.place.clone()),
        }
    }

    fn remove(&mut self, path: &str) {
        if let What::Table(entries) = &mut self.what {
            entries.retain(|_, entry| entry.place.path != path);
            entries.values_mut().for_each(|entry| entry.remove(path));
        }
    }
}
