//! A host as small as one can be, for the tests of processes: it says on standard output how far it is, its log on standard
//! error, and its one handler does what `SMALL_HOST` says.

use std::io::Write as _;

use stheno::{App, medusa::OrderPlaced, prelude::*};

stheno::plugin!("small");

/// What the handler does when the app is asked to stop.
#[subscriber(id = "small.handle", start = "beginning")]
async fn handle(order: OrderPlaced, cx: Cx) -> Result<(), Failure> {
    say(&format!("begun {}", order.id));
    cx.stopping().await;
    say("stopping");
    match std::env::var("SMALL_HOST").as_deref() {
        Ok("hang") => std::future::pending().await,
        Ok("block") => block(),
        _ => {
            say(&format!("done {}", order.id));
            Ok(())
        }
    }
}

/// A handler that never gives its thread back.
fn block() -> ! {
    loop {
        std::thread::park();
    }
}

/// A test reads it as soon as it is said.
fn say(line: &str) {
    println!("{line}");
    // Whoever listens may be gone, which changes nothing here.
    let _ = std::io::stdout().flush();
}

mod wrong {
    //! A plugin that cannot start: no catalog knows its event.
    use stheno::prelude::*;

    stheno::plugin!("wrong");

    #[subscriber("order.plaaced", id = "wrong.listen")]
    async fn listen(_event: stheno::AnyEvent) -> Result<(), Failure> {
        Ok(())
    }
}

stheno::plugins!(small, wrong);

use crate as small;

#[tokio::main]
async fn main() -> stheno::Exit {
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_ansi(false).init();
    let wanted = if std::env::var_os("SMALL_HOST_WRONG").is_some() { 2 } else { 1 };
    stheno::host(async { App::from_env().await?.plugins(plugins().into_iter().take(wanted)).run().await }).await
}
