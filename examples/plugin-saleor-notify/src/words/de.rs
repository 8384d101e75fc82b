//! German.

use crate::words::{Text, Words};

pub(crate) static WORDS: Words = Words {
    language: "de",
    account_confirmation: Text {
        subject: "Bestätige dein Konto bei {site}",
        title: "Willkommen bei {site}",
        lead: "Bitte bestätige deine Adresse, damit dein Konto benutzt werden kann.",
        action: "Konto bestätigen",
    },
    account_password_reset: Text {
        subject: "Dein Passwort bei {site}",
        title: "Ein neues Passwort",
        lead: "Jemand hat ein neues Passwort für dein Konto bei {site} angefordert. Um eines zu wählen, folge dem Link.",
        action: "Passwort wählen",
    },
    account_change_email_request: Text {
        subject: "Bestätige deine neue Adresse bei {site}",
        title: "Eine neue Adresse",
        lead: "Dein Konto bei {site} soll statt {old} die Adresse {new} haben. Um sie zu bestätigen, folge dem Link.",
        action: "Adresse bestätigen",
    },
    account_change_email_confirm: Text {
        subject: "Deine Adresse bei {site} wurde geändert",
        title: "Deine neue Adresse",
        lead: "Mails von {site} gehen ab jetzt an diese Adresse.",
        action: "",
    },
    account_delete: Text {
        subject: "Dein Konto bei {site} löschen?",
        title: "Konto löschen",
        lead: "Jemand möchte dein Konto bei {site} löschen. Um es endgültig zu löschen, folge dem Link.",
        action: "Konto löschen",
    },
    account_set_customer_password: Text {
        subject: "Dein Konto bei {site}",
        title: "Willkommen bei {site}",
        lead: "Für dich wurde ein Konto angelegt. Um dein Passwort zu wählen, folge dem Link.",
        action: "Passwort wählen",
    },
    invoice_ready: Text {
        subject: "Deine Rechnung {number} von {site}",
        title: "Rechnung {number}",
        lead: "Deine Rechnung ist da.",
        action: "Rechnung herunterladen",
    },
    order_confirmation: Text {
        subject: "Deine Bestellung {number} bei {site}",
        title: "Danke für deine Bestellung",
        lead: "Wir haben deine Bestellung {number} erhalten und sagen dir, wenn sie unterwegs ist.",
        action: "",
    },
    order_confirmed: Text {
        subject: "Deine Bestellung {number} ist bestätigt",
        title: "Deine Bestellung ist bestätigt",
        lead: "Wir haben deine Bestellung {number} bestätigt.",
        action: "",
    },
    order_fulfillment_confirmation: Text {
        subject: "Deine Bestellung {number} ist unterwegs",
        title: "Unterwegs zu dir",
        lead: "Das ist aus deiner Bestellung {number} unterwegs.",
        action: "",
    },
    order_fulfillment_update: Text {
        subject: "So verfolgst du deine Bestellung {number}",
        title: "Sendung verfolgen",
        lead: "Es gibt Neues zur Verfolgung deiner Bestellung {number}.",
        action: "",
    },
    order_payment_confirmation: Text {
        subject: "Deine Zahlung für Bestellung {number}",
        title: "Danke für deine Zahlung",
        lead: "Wir haben {amount} für deine Bestellung {number} erhalten.",
        action: "",
    },
    order_canceled: Text {
        subject: "Deine Bestellung {number} wurde storniert",
        title: "Deine Bestellung wurde storniert",
        lead: "Deine Bestellung {number} wurde storniert.",
        action: "",
    },
    order_refund_confirmation: Text {
        subject: "{amount} für deine Bestellung {number} erstattet",
        title: "Deine Erstattung",
        lead: "Wir haben {amount} für deine Bestellung {number} erstattet. Bis deine Bank es zeigt, kann es einige Tage dauern.",
        action: "",
    },
    hello: "Hallo {name},",
    subtotal: "Zwischensumme",
    shipping: "Versand",
    discount: "Rabatt",
    tax: "Steuer",
    tax_included: "Darin enthaltene Steuer",
    total: "Gesamt",
    tracking: "Verfolgen",
    ship_to: "Sie geht an",
    see_order: "Bestellung ansehen",
    downloads: "Downloads",
    ignore: "Wenn du es nicht warst, ist nichts zu tun.",
};
