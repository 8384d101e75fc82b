//! English.

use crate::words::{Text, Words};

pub(crate) static WORDS: Words = Words {
    language: "en",
    account_confirmation: Text {
        subject: "Confirm your account at {site}",
        title: "Welcome to {site}",
        lead: "Please confirm your address, so that your account can be used.",
        action: "Confirm my account",
    },
    account_password_reset: Text {
        subject: "Your password at {site}",
        title: "A new password",
        lead: "Somebody asked for a new password for your account at {site}. To choose one, follow the link.",
        action: "Choose a password",
    },
    account_change_email_request: Text {
        subject: "Confirm your new address at {site}",
        title: "A new address",
        lead: "Your account at {site} shall have the address {new} in place of {old}. To confirm it, follow the link.",
        action: "Confirm my address",
    },
    account_change_email_confirm: Text {
        subject: "Your address at {site} was changed",
        title: "Your new address",
        lead: "Mails of {site} go to this address from now on.",
        action: "",
    },
    account_delete: Text {
        subject: "Delete your account at {site}?",
        title: "Delete your account",
        lead: "Somebody asked for your account at {site} to be deleted. To delete it for good, follow the link.",
        action: "Delete my account",
    },
    account_set_customer_password: Text {
        subject: "Your account at {site}",
        title: "Welcome to {site}",
        lead: "An account was made for you. To choose your password, follow the link.",
        action: "Choose a password",
    },
    invoice_ready: Text {
        subject: "Your invoice {number} of {site}",
        title: "Invoice {number}",
        lead: "Your invoice is ready.",
        action: "Download the invoice",
    },
    order_confirmation: Text {
        subject: "Your order {number} at {site}",
        title: "Thank you for your order",
        lead: "We have received your order {number}, and tell you when it is on its way.",
        action: "",
    },
    order_confirmed: Text {
        subject: "Your order {number} is confirmed",
        title: "Your order is confirmed",
        lead: "We have confirmed your order {number}.",
        action: "",
    },
    order_fulfillment_confirmation: Text {
        subject: "Your order {number} is on its way",
        title: "On its way to you",
        lead: "This is on its way from your order {number}.",
        action: "",
    },
    order_fulfillment_update: Text {
        subject: "How to follow your order {number}",
        title: "Follow your parcel",
        lead: "There is news on how to follow your order {number}.",
        action: "",
    },
    order_payment_confirmation: Text {
        subject: "Your payment for order {number}",
        title: "Thank you for your payment",
        lead: "We have received {amount} for your order {number}.",
        action: "",
    },
    order_canceled: Text {
        subject: "Your order {number} was canceled",
        title: "Your order was canceled",
        lead: "Your order {number} was canceled.",
        action: "",
    },
    order_refund_confirmation: Text {
        subject: "{amount} refunded for your order {number}",
        title: "Your refund",
        lead: "We have refunded {amount} for your order {number}. It can take your bank a few days to show it.",
        action: "",
    },
    hello: "Hello {name},",
    subtotal: "Subtotal",
    shipping: "Shipping",
    discount: "Discount",
    tax: "Tax",
    tax_included: "Tax (included)",
    total: "Total",
    tracking: "Follow it",
    ship_to: "It goes to",
    see_order: "See my order",
    downloads: "Downloads",
    ignore: "If it was not you, there is nothing to do.",
};
