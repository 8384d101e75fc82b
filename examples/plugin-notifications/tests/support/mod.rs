//! What the tests of this plugin share: the plugin on a log in memory, and a transport that keeps what it is given.

// Each test binary uses its own part of this file.
#![allow(dead_code, reason = "shared by several test binaries")]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use commerce::{Commerce, FixtureCommerce};
use plugin_notifications::{Mail, MailError, Transport};
use stheno::{App, Config, app::Running, async_trait, sqlite::SqliteBackend};

/// How long anything may take before the test fails.
pub const LIMIT: Duration = Duration::from_secs(20);

const CONFIG: &str = r#"
[plugins.notifications]
from = "Medusa Store <store@example.com>"

[plugins.notifications.shop]
name = "Medusa Store"
url = "https://store.example"
admin_url = "https://admin.store.example/"
"#;

/// Keeps what it is given.
#[derive(Default)]
pub struct Recorder(Mutex<Vec<(String, String)>>);

impl Recorder {
    /// File names and texts of the mails so far.
    pub fn mails(&self) -> Vec<(String, String)> {
        self.0.lock().unwrap().clone()
    }

    /// The text of the only mail there is.
    pub fn only(&self) -> String {
        let mut mails = self.mails();
        assert_eq!(mails.len(), 1, "{mails:?}");
        mails.remove(0).1
    }
}

#[async_trait]
impl Transport for Recorder {
    async fn deliver(&self, mail: &Mail) -> Result<(), MailError> {
        let text = String::from_utf8(mail.bytes().to_vec()).unwrap();
        self.0.lock().unwrap().push((mail.file_stem(), text));
        Ok(())
    }
}

/// The plugin on a new log in memory. More configuration may follow the plugin's own.
pub async fn start(shop: FixtureCommerce, transport: Option<Arc<dyn Transport>>, more: &str) -> Running {
    let config = Config::parse(&format!("{CONFIG}{more}"), "test").unwrap();
    let app = App::new(SqliteBackend::memory().unwrap()).config(config);
    let app = app.provide_shared::<dyn Commerce>(Arc::new(shop)).plugin(plugin_notifications::plugin());
    let app = match transport {
        Some(transport) => app.provide_shared::<dyn Transport>(transport),
        None => app,
    };
    app.start().await.unwrap()
}
