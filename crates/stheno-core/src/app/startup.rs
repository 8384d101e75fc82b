//! What is checked before anything is consumed: everything that is wrong is said at once.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{
    app::{App, Manifest, Problem, Table, table::Row},
    bus::Bus,
    catalog::set::{Catalog, Catalogs, DuplicateEvent},
    pattern::PatternSet,
    plugin::{Plugin, Setup, config::Config, discovery},
    resources::Resources,
    runtime::{subscription::enabled::Enabled, unknown},
    shown::shown,
    subscriber::{
        definition::{SubscriberDef, id_problem},
        policy::{Policy, PolicyPatch},
    },
};

/// An app that is fit to start.
pub(crate) struct Checked {
    pub(crate) bus: Bus,
    pub(crate) subscribers: Vec<Enabled>,
    pub(crate) table: Table,
    pub(crate) manifest: Manifest,
}

/// The subscribers of one plugin, and what their handlers are built from.
struct Group {
    plugin: Option<Plugin>,
    /// `None` when the set-up failed: what it would have provided is not missing, and no handler can be built.
    resources: Option<Resources>,
    subscribers: Vec<SubscriberDef>,
}

pub(crate) async fn check(app: &mut App) -> Result<Checked, Vec<Problem>> {
    let mut problems = Vec::new();
    let (catalogs, duplicates) = all_catalogs(&app.catalogs, &app.plugins);
    problems.extend(duplicates.into_iter().map(Problem::DuplicateEvent));
    let bus = bus(app, catalogs);
    app.resources.provide(bus.clone());
    // The bus of the app stands among the resources; one that was provided would be lost.
    problems.extend(app.resources.take_twice().into_iter().map(Problem::DuplicateResource));
    problems.extend(app.said.mistakes().map(|message| Problem::App { message: message.to_owned() }));
    let config = Arc::new(std::mem::take(&mut app.config));
    let linked = discovery::subscribers();
    let not_enabled = not_enabled(&linked, &app.plugins);

    let mut groups = gather(app, linked, &config, &mut problems).await;
    if app.count_unknown_names
        && let Some(own) = groups.first_mut()
    {
        own.subscribers.push(unknown::subscriber(Arc::clone(&app.backend), Arc::clone(bus.catalogs())));
    }
    check_ids(&groups, &mut problems);
    check_strangers(&groups, &config, &mut problems);
    let mut rows = Vec::new();
    let mut subscribers = Vec::new();
    for group in &groups {
        for definition in &group.subscribers {
            let built = enable(definition, group.resources.as_ref(), bus.catalogs(), &config, &mut problems);
            if let Some(enabled) = built {
                rows.push(Row::new(&enabled, group.plugin.as_ref(), definition));
                subscribers.push(enabled);
            }
        }
    }
    let own = subscribers.iter().filter(|subscriber| &*subscriber.id != unknown::SUBSCRIBER).count();
    if own > 0 && app.publishes_only {
        let message = "it says `publishes_only` and has subscribers; remove one of them".to_owned();
        problems.push(Problem::App { message });
    }
    if own == 0 && problems.is_empty() && !app.publishes_only {
        problems.push(Problem::NoSubscribers);
    }
    let manifest = Manifest::of(&rows);
    if let Some(path) = &app.manifest {
        problems.extend(manifest.compare(path).into_iter().map(|message| Problem::Manifest { message }));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let table = Table::new(rows, bus.catalogs(), not_enabled);
    Ok(Checked { bus, subscribers, table, manifest })
}

/// Every catalog: linked, added to the app, brought by a plugin.
pub(crate) fn all_catalogs(added: &[Catalog], plugins: &[Plugin]) -> (Catalogs, Vec<DuplicateEvent>) {
    let brought = plugins.iter().flat_map(|plugin| plugin.catalogs().to_vec());
    Catalogs::new(discovery::catalogs().into_iter().chain(added.to_vec()).chain(brought), discovery::declared())
}

pub(crate) fn bus(app: &App, catalogs: Catalogs) -> Bus {
    let bus = Bus::new(Arc::clone(&app.backend), Arc::new(catalogs));
    bus.of_app(app.source.as_deref(), app.max_body, Arc::clone(&app.clock), &app.said)
}

/// Runs every set-up, and gathers the subscribers of the app and of each plugin.
async fn gather(
    app: &mut App,
    linked: Vec<SubscriberDef>,
    config: &Arc<Config>,
    problems: &mut Vec<Problem>,
) -> Vec<Group> {
    let shared = Arc::new(std::mem::take(&mut app.resources));
    let own = std::mem::take(&mut app.subscribers);
    let resources = Some(Resources::layered_over(Arc::clone(&shared)));
    let mut groups = vec![Group { plugin: None, resources, subscribers: own }];
    let plugins = std::mem::take(&mut app.plugins);
    let mut seen: Vec<(String, String)> = Vec::new();
    for mut plugin in plugins {
        let (name, place) = (plugin.name().to_owned(), plugin.origin().to_string());
        if let Some((_, first)) = seen.iter().find(|(known, _)| *known == name) {
            problems.push(Problem::DuplicatePlugin { name, places: [first.clone(), place] });
            continue;
        }
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
        if name.is_empty() || !name.bytes().all(legal) || name.contains("__") {
            problems.push(Problem::BadPluginName { name: name.clone() });
        }
        let mistakes = plugin.mistakes().map(str::to_owned);
        problems.extend(mistakes.map(|message| Problem::BadPlugin { plugin: name.clone(), message }));
        seen.push((name.clone(), place));
        let mut setup = Setup::new(&name, Arc::clone(config), Resources::layered_over(Arc::clone(&shared)));
        let ready = plugin.run_setup(&mut setup).await;
        let (mut resources, from_setup) = setup.into_parts();
        problems.extend(resources.take_twice().into_iter().map(Problem::DuplicateResource));
        let mut subscribers = plugin.take_subscribers();
        subscribers.extend(from_setup);
        subscribers.extend(linked.iter().filter(|found| belongs(found, &plugin)).cloned());
        let resources = match ready {
            Ok(()) if subscribers.is_empty() => {
                problems.push(Problem::EmptyPlugin { plugin: name });
                Some(resources)
            }
            Ok(()) => Some(resources),
            Err(failure) => {
                problems.push(Problem::Setup { plugin: name, error: failure.chain().join(": ") });
                None
            }
        };
        groups.push(Group { plugin: Some(plugin), resources, subscribers });
    }
    groups
}

/// Whether a linked subscriber is in the plugin's module or in one inside it, and in no plugin further inside.
fn belongs(subscriber: &SubscriberDef, plugin: &Plugin) -> bool {
    let inside = |module: &str| {
        let rest = subscriber.origin.module.strip_prefix(module);
        !module.is_empty() && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    };
    let module = plugin.origin().module;
    let closer = discovery::plugins().iter().any(|other| {
        let other = other.origin().module;
        other.len() > module.len() && inside(other)
    });
    inside(module) && !closer
}

/// Plugins and subscribers that are linked, and not run by this app.
fn not_enabled(linked: &[SubscriberDef], enabled: &[Plugin]) -> Vec<String> {
    let orphan = |subscriber: &&SubscriberDef| !enabled.iter().any(|plugin| belongs(subscriber, plugin));
    linked.iter().filter(orphan).map(|subscriber| format!("{} in {}", subscriber.id, subscriber.origin)).collect()
}

fn check_ids(groups: &[Group], problems: &mut Vec<Problem>) {
    let mut seen: BTreeMap<&str, String> = BTreeMap::new();
    let mut adopted: BTreeMap<&str, &str> = BTreeMap::new();
    let all: BTreeSet<&str> = groups.iter().flat_map(|group| &group.subscribers).map(SubscriberDef::id).collect();
    for definition in groups.iter().flat_map(|group| &group.subscribers) {
        if id_problem(&definition.id).is_some() {
            problems.push(Problem::BadId { id: definition.id.clone() });
        }
        if let Some(was) = definition.was.as_deref() {
            if let Some(problem) = id_problem(was) {
                let message = format!("it adopts what `{}` has left (`was`), which {problem}", shown(was));
                problems.push(Problem::BadPolicy { id: definition.id.clone(), message });
            }
            if all.contains(was) {
                let message =
                    format!("it adopts what `{was}` has left (`was`), and that one runs here, too; remove one");
                problems.push(Problem::BadPolicy { id: definition.id.clone(), message });
            }
            if let Some(first) = adopted.insert(was, definition.id()) {
                let ids = [first.to_owned(), definition.id.clone()];
                problems.push(Problem::DuplicateWas { was: was.to_owned(), ids });
            }
        }
        let place = definition.origin.to_string();
        match seen.get(definition.id.as_str()) {
            Some(first) => {
                let places = [first.clone(), place];
                problems.push(Problem::DuplicateSubscriber { id: definition.id.clone(), places });
            }
            None => {
                seen.insert(&definition.id, place);
            }
        }
    }
}

fn check_strangers(groups: &[Group], config: &Config, problems: &mut Vec<Problem>) {
    let plugins: Vec<&str> = groups.iter().filter_map(|group| group.plugin.as_ref()).map(Plugin::name).collect();
    let ids: Vec<&str> = groups.iter().flat_map(|group| &group.subscribers).map(SubscriberDef::id).collect();
    let wrong = config.mistakes().iter().cloned().chain(config.strangers(&plugins, &ids));
    problems.extend(wrong.map(|message| Problem::Config { message }));
}

fn enable(
    definition: &SubscriberDef,
    resources: Option<&Resources>,
    catalogs: &Catalogs,
    config: &Config,
    problems: &mut Vec<Problem>,
) -> Option<Enabled> {
    let id = definition.id.clone();
    let before = problems.len();
    let patterns = match definition.pattern_set() {
        Ok(patterns) => patterns,
        Err(error) => {
            problems.push(Problem::BadPattern { id: id.clone(), error });
            PatternSet::default()
        }
    };
    if patterns.is_empty() && problems.len() == before {
        problems.push(Problem::NoPattern { id: id.clone() });
    }
    for pattern in patterns.iter().filter(|pattern| pattern.as_str() != ">" && !catalogs.knows_pattern(pattern)) {
        let nearest = catalogs.nearest(pattern.as_str());
        problems.push(Problem::UnknownEvent { id: id.clone(), pattern: pattern.to_string(), nearest });
    }
    let said = definition.said.mistakes().map(str::to_owned);
    problems.extend(said.map(|message| Problem::BadPolicy { id: id.clone(), message }));
    if !definition.batch && config.policy(&definition.id).is_some_and(PolicyPatch::is_about_batches) {
        let message = "`batch` or `linger` is set, and it takes one event at a time; remove it".to_owned();
        problems.push(Problem::BadPolicy { id: id.clone(), message });
    }
    let policy = policy_of(definition, config);
    problems.extend(policy.problems().into_iter().map(|message| Problem::BadPolicy { id: id.clone(), message }));
    let handler = match definition.build(resources?) {
        Ok(handler) => Some(handler),
        Err(missing) => {
            let place = definition.origin.to_string();
            problems.extend(missing.into_iter().map(|missing| {
                let message = missing.to_string();
                Problem::MissingResource { id: id.clone(), place: place.clone(), message }
            }));
            None
        }
    };
    (problems.len() == before).then_some(())?;
    let (was, batch) = (definition.was.clone(), definition.batch);
    Some(Enabled { id: id.into(), was, patterns, handed_over: None, batch, policy, handler: handler? })
}

fn policy_of(definition: &SubscriberDef, config: &Config) -> Policy {
    let mut policy = definition.policy.clone();
    if let Some(patch) = config.policy(&definition.id) {
        patch.apply(&mut policy);
    }
    policy
}
