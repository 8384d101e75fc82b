//! French.

use crate::words::{Text, Words};

pub(crate) static WORDS: Words = Words {
    language: "fr",
    account_confirmation: Text {
        subject: "Confirmez votre compte chez {site}",
        title: "Bienvenue chez {site}",
        lead: "Merci de confirmer votre adresse pour que votre compte puisse être utilisé.",
        action: "Confirmer mon compte",
    },
    account_password_reset: Text {
        subject: "Votre mot de passe chez {site}",
        title: "Un nouveau mot de passe",
        lead: "Quelqu’un a demandé un nouveau mot de passe pour votre compte chez {site}. Pour en choisir un, suivez le lien.",
        action: "Choisir un mot de passe",
    },
    account_change_email_request: Text {
        subject: "Confirmez votre nouvelle adresse chez {site}",
        title: "Une nouvelle adresse",
        lead: "Votre compte chez {site} doit avoir l’adresse {new} au lieu de {old}. Pour la confirmer, suivez le lien.",
        action: "Confirmer mon adresse",
    },
    account_change_email_confirm: Text {
        subject: "Votre adresse chez {site} a changé",
        title: "Votre nouvelle adresse",
        lead: "Les messages de {site} arrivent désormais à cette adresse.",
        action: "",
    },
    account_delete: Text {
        subject: "Supprimer votre compte chez {site} ?",
        title: "Supprimer votre compte",
        lead: "Quelqu’un a demandé la suppression de votre compte chez {site}. Pour le supprimer définitivement, suivez le lien.",
        action: "Supprimer mon compte",
    },
    account_set_customer_password: Text {
        subject: "Votre compte chez {site}",
        title: "Bienvenue chez {site}",
        lead: "Un compte a été créé pour vous. Pour choisir votre mot de passe, suivez le lien.",
        action: "Choisir un mot de passe",
    },
    invoice_ready: Text {
        subject: "Votre facture {number} de {site}",
        title: "Facture {number}",
        lead: "Votre facture est prête.",
        action: "Télécharger la facture",
    },
    order_confirmation: Text {
        subject: "Votre commande {number} chez {site}",
        title: "Merci pour votre commande",
        lead: "Nous avons reçu votre commande {number} et vous préviendrons de son envoi.",
        action: "",
    },
    order_confirmed: Text {
        subject: "Votre commande {number} est confirmée",
        title: "Votre commande est confirmée",
        lead: "Nous avons confirmé votre commande {number}.",
        action: "",
    },
    order_fulfillment_confirmation: Text {
        subject: "Votre commande {number} est en route",
        title: "En route vers vous",
        lead: "Voici ce qui est en route de votre commande {number}.",
        action: "",
    },
    order_fulfillment_update: Text {
        subject: "Suivre votre commande {number}",
        title: "Suivre votre colis",
        lead: "Il y a du nouveau sur le suivi de votre commande {number}.",
        action: "",
    },
    order_payment_confirmation: Text {
        subject: "Votre paiement pour la commande {number}",
        title: "Merci pour votre paiement",
        lead: "Nous avons reçu {amount} pour votre commande {number}.",
        action: "",
    },
    order_canceled: Text {
        subject: "Votre commande {number} a été annulée",
        title: "Votre commande a été annulée",
        lead: "Votre commande {number} a été annulée.",
        action: "",
    },
    order_refund_confirmation: Text {
        subject: "{amount} remboursés pour votre commande {number}",
        title: "Votre remboursement",
        lead: "Nous avons remboursé {amount} pour votre commande {number}. Votre banque peut mettre quelques jours à l’afficher.",
        action: "",
    },
    hello: "Bonjour {name},",
    subtotal: "Sous-total",
    shipping: "Livraison",
    discount: "Remise",
    tax: "Taxes",
    tax_included: "Dont taxes",
    total: "Total",
    tracking: "Le suivre",
    ship_to: "Livraison à",
    see_order: "Voir ma commande",
    downloads: "Téléchargements",
    ignore: "Si ce n’était pas vous, il n’y a rien à faire.",
};
