//! The handlers, one file for each mail: look up, decide, send.

mod password_reset;
mod receipt;
mod refund;
mod shipment;

/// Why a mail is not sent that the shop's staff wanted to be silent.
const SILENCED: &str = "no_notification is set";
