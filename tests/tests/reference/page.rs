//! The page as Markdown.

use std::fmt::Write as _;

use stheno::{Catalog, EventDescriptor};

use crate::ideas::{IDEAS, TRAPS};

/// The whole page: the same for the same catalogs.
pub fn page(catalogs: &[Catalog]) -> String {
    let events: usize = catalogs.iter().map(|catalog| catalog.events().len()).sum();
    let mut page = format!(
        "# Events by idea\n\n{events} events of {} platforms. This page is written from their catalogs and from \
         `tests/tests/reference`: change it there. What happens under each name is on the platform's own page.\n\n",
        catalogs.len()
    );
    page.push_str("| platform | events | page |\n|---|---|---|\n");
    for catalog in catalogs {
        let (name, events) = (catalog.name(), catalog.events().len());
        let _ = writeln!(page, "| {name} | {events} | [{name}.md]({name}.md) |");
    }
    page.push_str(
        "\n## The same idea\n\nA row has the events that mean one thing, and beside them what does not mean it although it \
         looks so.\n\n| idea | Medusa | Saleor | Shopify | beware |\n|---|---|---|---|---|\n",
    );
    for idea in IDEAS {
        let cells = [idea.medusa, idea.saleor, idea.shopify].map(|names| cell(catalogs, names));
        let _ = writeln!(page, "| {} | {} | {} |", idea.title, cells.join(" | "), idea.beware);
    }
    page.push_str(
        "\nMedusa's names are bare, the others carry their platform in front: `order.placed` is an event of all three. A \
         handler that takes several names of different bodies takes `AnyEvent`, or an enum with `#[derive(EventSum)]`.\n",
    );
    page.push_str("\n## Traps\n\n");
    for trap in TRAPS {
        let names: Vec<String> = trap.events.iter().map(|name| link(catalogs, name)).collect();
        let _ = writeln!(page, "- {}: {}", names.join(", "), trap.text);
    }
    page.push_str("\n## All names\n\n| event | what happened |\n|---|---|\n");
    for event in catalogs.iter().flat_map(Catalog::events) {
        let _ = writeln!(page, "| {} | {} |", link(catalogs, event.pattern), event.description.replace('|', "\\|"));
    }
    page
}

fn cell(catalogs: &[Catalog], names: &[&str]) -> String {
    let links: Vec<String> = names.iter().map(|name| link(catalogs, name)).collect();
    if links.is_empty() { "none".to_owned() } else { links.join("<br>") }
}

/// A link to the event on the page of its platform.
fn link(catalogs: &[Catalog], name: &str) -> String {
    let is_named = |event: &EventDescriptor| event.pattern == name;
    let owner = catalogs.iter().find(|catalog| catalog.events().iter().any(is_named));
    let page = owner.map_or("medusa", Catalog::name);
    format!("[`{name}`]({page}.md#{name})")
}
