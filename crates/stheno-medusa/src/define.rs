//! Shorthand for the shapes that repeat: payloads of ids, payloads that are one whole entity.

/// Defines events whose payload is a few ids, and perhaps `no_notification`.
///
/// Each field is a required string, written with its example: `id = ORDER`. `..no_notification` at the end adds the
/// nullable flag and [`is_silenced`](silence). Every event keeps undocumented fields in `extra`.
macro_rules! ids {
    ($(
        $(#[$about:meta])*
        pub struct $event:ident {
            $( $(#[$doc:meta])+ $field:ident = $example:expr, )+
            $(..$silence:ident)?
        }
    )+) => {$(
        #[derive(Clone, PartialEq, stheno::Payload, stheno::Event)]
        $(#[$about])*
        pub struct $event {
            $(
                $(#[$doc])+
                #[field(example = $example)]
                pub $field: String,
            )+
            $(
                /// True when no notification should be sent; false, null and absent when one may be.
                #[field(example = false)]
                pub $silence: Option<bool>,
            )?
            /// Fields that nobody documented.
            #[field(extra)]
            pub extra: stheno::Extra,
        }

        $( $crate::define::silence!($event, $silence); )?
    )+};
}

/// Adds `is_silenced` to an event that has `no_notification`.
macro_rules! silence {
    ($event:ident, $silence:ident) => {
        impl $event {
            /// Whether no notification should be sent: only when the flag is there and true.
            pub fn is_silenced(&self) -> bool {
                self.$silence == Some(true)
            }
        }
    };
}

/// Defines an event whose payload is one whole entity: `pub struct PaymentCreated { payment: Payment }`.
///
/// The JSON is that of the entity, nothing around it. The example is that of the entity too, unless one is given:
/// `{ payment: Payment = declined() }`.
macro_rules! whole {
    (@example $entity:ident) => { <$entity as stheno::Payload>::example() };
    (@example $entity:ident $example:expr) => { $example };
    ($(
        $(#[$about:meta])*
        pub struct $event:ident { $field:ident: $entity:ident $(= $example:expr)? }
    )+) => {$(
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, stheno::Event)]
        #[serde(transparent)]
        $(#[$about])*
        pub struct $event {
            /// The entity, which is the whole payload.
            pub $field: $entity,
        }

        impl $event {
            /// The event of this entity.
            pub fn new($field: $entity) -> Self {
                Self { $field }
            }
        }

        impl stheno::Payload for $event {
            const FIELDS: &'static [stheno::Field] = <$entity as stheno::Payload>::FIELDS;

            fn example() -> Self {
                Self::new($crate::define::whole!(@example $entity $($example)?))
            }
        }
    )+};
}

pub(crate) use {ids, silence, whole};
