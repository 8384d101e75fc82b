//! A host to copy: three plugins on one log, which is a file unless `STHENO_URL` names a nats-server.
//!
//! `cargo run` takes a tour: it publishes events, lets the plugins handle them, and says who handled what. `cargo run --
//! help` says what else it can do.
//!
//! Reading order: this file, `shop` (where the plugins look things up), `events` (an event of the host's own), `tour`,
//! `commands`, `steer` (what subscribers are told), `place` (where files go), `print` (tables).

mod commands;
mod events;
mod many;
mod place;
mod print;
mod shop;
mod steer;
mod tour;

use stheno::{App, AppExt, Exit};

stheno::plugins!(plugin_notifications, plugin_stock, plugin_audit);

#[tokio::main]
async fn main() -> Exit {
    stheno::host(storefront()).await
}

async fn storefront() -> stheno::Result<Exit> {
    let words = stheno::words()?;
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        [] => tour::take(app().await?).await,
        ["serve"] => {
            log_to_stderr();
            app().await?.provide_shared(shop::from_env()?).run().await
        }
        ["help" | "--help" | "-h"] => Ok(commands::help()),
        words => commands::run(words).await,
    }
}

/// The app: the log as the surroundings say, and the plugins.
async fn app() -> stheno::Result<App> {
    place::make()?;
    let app = App::from_env_or(include_str!("../stheno.toml")).await?;
    Ok(app.plugins(plugins()).source("storefront"))
}

/// Stheno says by `tracing` what an operator should know: failed attempts, dead letters, a log that cannot be read.
fn log_to_stderr() {
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_ansi(false).init();
}
