//! A module in `plugins!` that is no plugin.

mod receipts {
    stheno::plugin!("receipts");
}

mod stock {}

stheno::plugins!(receipts, stock);

fn main() {
    plugins();
}
