//! The catalog is the documentation's: resources, verbs, messages, descriptions, fields.

use std::collections::{BTreeMap, BTreeSet};

use stheno_core::{Field, FieldKind};
use stheno_shopify::{Resource, SUBJECT_TYPES, Verb, catalog};

use crate::{every_type::every_type, fixtures::documented};

#[test]
fn the_50_verbs_of_7_resources_are_the_documented_ones_in_their_order() {
    let documented = documented();
    let names: Vec<&str> = documented.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(catalog().events().iter().map(|event| event.pattern).collect::<Vec<_>>(), names);
    assert_eq!(Verb::all().iter().map(Verb::name).collect::<Vec<_>>(), names);
    assert_eq!(every_type().iter().map(|event| event.descriptor.pattern).collect::<Vec<_>>(), names);
    assert_eq!(names.len(), 50);
    let mut counts = BTreeMap::new();
    for verb in Verb::all() {
        *counts.entry(verb.resource()).or_insert(0) += 1;
    }
    assert_eq!(
        counts.into_iter().collect::<Vec<_>>(),
        Resource::ALL.into_iter().zip([5, 3, 5, 1, 26, 5, 5]).collect::<Vec<_>>()
    );
}

#[test]
fn messages_parameters_and_descriptions_are_the_documented_ones() {
    let catalog = catalog();
    for ((event, verb), descriptor) in documented().iter().zip(Verb::all()).zip(catalog.events()) {
        assert_eq!((verb.resource().subject_type(), verb.verb()), (&*event.resource, &*event.code));
        assert_eq!(
            (verb.template(), verb.params()),
            (&*event.message_template, event.message_params.iter().map(String::as_str).collect::<Vec<_>>().as_slice())
        );
        assert_eq!((descriptor.description, descriptor.section), (&*event.description, &*event.resource));
        let is_noted = event.note.is_some() || verb.seen_template().is_some();
        assert_eq!(!descriptor.note.is_empty(), is_noted, "{}", event.name);
        assert_eq!(verb.seen_template().is_some(), event.arguments_in_examples.is_some(), "{}", event.name);
    }
}

#[test]
fn an_event_object_has_the_documented_fields() {
    let fields = catalog().events()[0].fields;
    for event in documented() {
        let names: BTreeSet<&str> = event.fields.iter().map(|field| field.name.as_str()).collect();
        assert_eq!(names, fields.iter().map(|field| field.name).collect(), "{}", event.name);
        for documented in &event.fields {
            let known: &Field = fields.iter().find(|field| field.name == documented.name).unwrap();
            let kind = match documented.r#type.trim_end_matches("|null") {
                "integer" => FieldKind::Integer,
                "string" => FieldKind::String,
                // The list of properties has a text.
                "array<string>" => FieldKind::StringOrStrings,
                other => panic!("{} is of the unknown type {other}", documented.name),
            };
            assert_eq!(known.kind, kind, "{}", documented.name);
            assert!(known.optional || !documented.r#type.ends_with("|null"), "{}", documented.name);
        }
    }
}

#[test]
fn the_subject_types_are_the_resources_and_one_without_verbs() {
    let of_resources: Vec<_> = Resource::ALL.iter().map(|resource| resource.subject_type()).collect();
    assert_eq!(SUBJECT_TYPES[..7], of_resources);
    assert!(Verb::find("ApiPermission", "create").is_err());
}

#[test]
fn examples_survive_may_be_published_and_have_the_key_of_their_subject() {
    for event in every_type() {
        let example = (event.example)();
        assert!(example.survives, "{}", event.descriptor.pattern);
        event.descriptor.check(&example.name, example.body.to_string().as_bytes()).unwrap();
        let kind = event.descriptor.pattern.rsplit_once('.').unwrap().0;
        assert_eq!(example.key.unwrap(), format!("{kind}:450789469"));
        assert_eq!(example.body["subject_type"], event.descriptor.section);
    }
}

#[test]
fn a_type_is_named_as_its_resource_and_verb() {
    for event in catalog().events() {
        let (_, name) = event.rust_type.rsplit_once("::").unwrap();
        let words = event.pattern.split(['.', '_']).skip(1);
        assert_eq!(name, words.map(|word| word[..1].to_uppercase() + &word[1..]).collect::<String>());
    }
}
