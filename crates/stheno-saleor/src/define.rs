//! Shorthand for what repeats: events that Saleor records, notifications in their envelope.

/// Defines events that Saleor records of an order: the order, who did it, and the documented parameters.
macro_rules! of_order {
    ($(
        $(#[$about:meta])*
        pub struct $event:ident { $( $(#[$field_about:meta])+ pub $field:ident: $type:ty, )* }
    )+) => {$(
        #[derive(Clone, PartialEq, stheno::Payload, stheno::Event)]
        $(#[$about])*
        #[event(key = "saleor.order:/order_id")]
        pub struct $event {
            /// The order.
            #[field(kind = "string_or_number", example = crate::examples::RECORDED_ORDER)]
            pub order_id: crate::Id,
            /// Who did it; null for an anonymous customer and for the system.
            #[field(nullable, kind = "string_or_number", example = crate::examples::RECORDED_STAFF)]
            pub user_id: Option<crate::Id>,
            $( $(#[$field_about])+ pub $field: $type, )*
            /// Fields that nobody documented.
            #[field(extra)]
            pub extra: stheno::Extra,
        }
    )+};
}

/// Defines events that Saleor records of a user: the user, perhaps an order, and the documented parameters.
macro_rules! of_user {
    ($(
        $(#[$about:meta])*
        pub struct $event:ident { $( $(#[$field_about:meta])+ pub $field:ident: $type:ty, )* }
    )+) => {$(
        #[derive(Clone, PartialEq, stheno::Payload, stheno::Event)]
        $(#[$about])*
        #[event(key = "saleor.user:/user_id")]
        pub struct $event {
            /// The user; null for an anonymous one.
            #[field(nullable, kind = "string_or_number", example = crate::examples::RECORDED_USER)]
            pub user_id: Option<crate::Id>,
            $( $(#[$field_about])+ pub $field: $type, )*
            /// Fields that nobody documented.
            #[field(extra)]
            pub extra: stheno::Extra,
        }
    )+};
}

/// Defines events whose payload stands in the envelope `{notify_event, payload}`.
macro_rules! enveloped {
    ($(
        $(#[$about:meta])*
        pub struct $event:ident($code:literal, $payload:ident);
    )+) => {$(
        #[derive(Clone, PartialEq, stheno::Payload, stheno::Event)]
        $(#[$about])*
        #[event(decode_with = crate::envelope::decode)]
        pub struct $event {
            /// What Saleor calls the notification.
            #[field(example = $code)]
            pub notify_event: String,
            /// What it says.
            #[field(fields, example = <$payload as stheno::Payload>::example())]
            pub payload: $payload,
            /// When and by whom it was sent; Saleor 3.1 and later send it.
            #[field(fields, undocumented)]
            pub meta: Option<crate::entity::Meta>,
            /// Fields that nobody documented.
            #[field(extra)]
            pub extra: stheno::Extra,
        }

        impl $event {
            /// The event with this payload.
            pub fn of(payload: $payload) -> Self {
                Self::new($code, payload)
            }
        }

        impl crate::envelope::Enveloped for $event {
            type Payload = $payload;

            const NOTIFY_EVENT: &'static str = $code;

            fn in_envelope(payload: $payload) -> Self {
                Self::of(payload)
            }

            fn notify_event(&self) -> &str {
                &self.notify_event
            }
        }
    )+};
}

/// Defines the payloads of notifications: their own fields, then whom they go to and which shop sends them.
macro_rules! notice {
    ($(
        $(#[$about:meta])*
        pub struct $payload:ident { $( $(#[$field_about:meta])+ pub $field:ident: $type:ty, )* }
    )+) => {$(
        #[derive(Clone, PartialEq, stheno::Payload)]
        $(#[$about])*
        pub struct $payload {
            $( $(#[$field_about])+ pub $field: $type, )*
            /// Where the mail goes; empty or null when no address is known.
            #[field(sometimes, personal, example = crate::examples::EMAIL)]
            pub recipient_email: Option<String>,
            /// Domain of the shop.
            #[field(example = "shop.example")]
            pub domain: String,
            /// Name of the shop.
            #[field(example = "Saleor e-commerce")]
            pub site_name: String,
            /// Address of the shop's logo; undocumented, and sent by Saleor 3.
            #[field(undocumented)]
            pub logo_url: Option<String>,
            /// Fields that nobody documented.
            #[field(extra)]
            pub extra: stheno::Extra,
        }
    )+};
}

pub(crate) use {enveloped, notice, of_order, of_user};
