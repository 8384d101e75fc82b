//! Where the storefront keeps its files.

use std::{fs, io};

/// The directory of everything the storefront writes; `stheno.toml` names it too.
const FOLDER: &str = "storefront-data";
/// The mails of the tour.
pub(crate) const MAILS: &str = "storefront-data/mails";
/// Everything else that the plugins write.
pub(crate) const OTHERS: [(&str, &str); 2] =
    [("stock", "storefront-data/stock.db"), ("audit", "storefront-data/audit.jsonl")];

/// Makes the directory.
pub(crate) fn make() -> stheno::Result<()> {
    let failed = |error: io::Error| {
        let advice = "run the storefront in a directory that this user may write to";
        stheno::Error::new(format!("the directory {FOLDER} cannot be made ({error}); {advice}"))
    };
    fs::create_dir_all(FOLDER).map_err(failed)
}
