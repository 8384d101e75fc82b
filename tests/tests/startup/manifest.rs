//! The manifest: what an app runs, as a file beside the code, so that a plugin that fell out is noticed.

use stheno::{
    App, Plugin,
    app::{Manifest, Problem, StartError},
};
use stheno_system_tests::{LogFile, Seen, memory, noting};

use crate::modules::{receipts, receipts_archive};

fn app(plugins: impl IntoIterator<Item = Plugin>) -> App {
    App::new(memory()).provide(Seen::default()).plugins(plugins)
}

async fn manifest_of(app: App) -> Manifest {
    app.inspect().await.unwrap().1
}

async fn differences(app: App) -> Vec<String> {
    match app.start().await {
        Err(StartError::Problems(problems)) => problems
            .into_iter()
            .map(|problem| match problem {
                Problem::Manifest { message } => message,
                other => panic!("{other}"),
            })
            .collect(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_manifest_that_was_written_equals_what_is_linked() {
    let folder = LogFile::new();
    let path = folder.beside("stheno.manifest.json");
    let both = || app([receipts::plugin(), receipts_archive::plugin()]);
    let manifest = manifest_of(both()).await;
    std::fs::write(&path, manifest.to_json()).unwrap();

    let ids: Vec<_> = manifest.subscribers.iter().map(|entry| entry.id.as_str()).collect();
    assert_eq!(ids, ["archive.keep", "receipts.remind", "receipts.send"], "sorted, and none that is built in");
    let keep = &manifest.subscribers[0];
    assert_eq!((keep.plugin.as_str(), keep.crate_name.as_str()), ("archive", env!("CARGO_PKG_NAME")));
    assert_eq!(
        (keep.patterns.as_slice(), keep.version.as_str()),
        (["order.placed".into()].as_slice(), env!("CARGO_PKG_VERSION"))
    );

    assert!(manifest.compare(&path).is_empty());
    let swapped = app([receipts_archive::plugin(), receipts::plugin()]).manifest(&path).start().await.unwrap();
    assert_eq!(*swapped.manifest(), manifest, "the order in which plugins are enabled makes no difference");
    swapped.stop().await;
}

#[tokio::test]
async fn a_plugin_that_fell_out_keeps_the_app_from_starting() {
    let folder = LogFile::new();
    let path = folder.beside("stheno.manifest.json");
    let manifest = manifest_of(app([receipts::plugin(), receipts_archive::plugin()])).await;
    std::fs::write(&path, manifest.to_json()).unwrap();
    let fell_out = differences(app([receipts::plugin()]).manifest(&path)).await;
    assert_eq!(fell_out.len(), 1, "{fell_out:?}");
    assert!(fell_out[0].contains("archive.keep") && fell_out[0].contains("plugins!"), "{fell_out:?}");
}

#[tokio::test]
async fn what_came_in_or_changed_is_noticed_too() {
    let folder = LogFile::new();
    let path = folder.beside("stheno.manifest.json");
    let seen = Seen::default();
    let listening_to = |pattern| App::new(memory()).subscribe(noting("reader", pattern, &seen));
    std::fs::write(&path, manifest_of(listening_to("order.placed")).await.to_json()).unwrap();
    let changed = differences(listening_to("order.*").manifest(&path)).await;
    assert!(matches!(changed.as_slice(), [one] if one.contains("reader")), "{changed:?}");
    let more = listening_to("order.placed").subscribe(noting("other", "order.placed", &seen));
    let came = differences(more.manifest(&path)).await;
    assert!(matches!(came.as_slice(), [one] if one.contains("other")), "{came:?}");
}

#[tokio::test]
async fn a_manifest_that_is_missing_or_none_keeps_the_app_from_starting() {
    let folder = LogFile::new();
    let path = folder.beside("stheno.manifest.json");
    assert_eq!(differences(app([receipts::plugin()]).manifest(&path)).await.len(), 1);
    std::fs::write(&path, "{}").unwrap();
    let none = differences(app([receipts::plugin()]).manifest(&path)).await;
    assert!(none[0].contains("STHENO_MANIFEST=write"), "{none:?}");
}
