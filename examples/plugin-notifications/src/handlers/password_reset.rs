//! The link that resets a password, for customers and for staff.

use std::time::Duration;

use stheno::{
    Timestamp,
    medusa::{CustomerPasswordReset, UserPasswordReset},
    prelude::*,
};

use crate::{
    config::Shop,
    failure::{NotifyError, classify},
    letters,
    mail::Mailer,
};

/// How long Medusa honours a token. A later mail would be a riddle to who gets it, so retries end then too.
const TOKEN_HONOURED_FOR: Duration = Duration::from_secs(15 * 60);

/// Somebody asked for a new password.
#[derive(EventSum)]
enum PasswordReset {
    Customer(CustomerPasswordReset),
    User(UserPasswordReset),
}

/// Sends the link that resets a password. The token is in the mail and nowhere else.
#[subscriber(
    "customer.password_reset",
    "user.password_reset",
    id = "notifications.password-reset",
    retry_total = "15m",
    classify = classify
)]
async fn send_reset_link(
    reset: PasswordReset,
    shop: Res<Shop>,
    mailer: Res<Mailer>,
    cx: Cx,
) -> Result<(), NotifyError> {
    if Timestamp::now().since(cx.time()) > TOKEN_HONOURED_FOR {
        return cx.skip("its token has expired");
    }
    let letter = match &reset {
        PasswordReset::Customer(customer) => letters::customer_password_reset(&shop, customer),
        PasswordReset::User(user) => letters::user_password_reset(&shop, user),
    };
    mailer.send(letter, &cx.idempotency_key()).await?;
    Ok(())
}
