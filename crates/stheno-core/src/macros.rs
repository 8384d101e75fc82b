//! The declarative macros: `plugin!`, `plugins!`, `catalog!`, `declare_event!`, `register_subscriber!`, `text_enum!`.

/// Where the macro was called; for messages that name both places.
#[doc(hidden)]
#[macro_export]
macro_rules! __origin {
    () => {
        $crate::__private::Origin {
            module: $crate::__private::module_path!(),
            crate_name: $crate::__private::env!("CARGO_PKG_NAME"),
            crate_version: $crate::__private::env!("CARGO_PKG_VERSION"),
            file: $crate::__private::file!(),
            line: $crate::__private::line!(),
        }
    };
}

/// Names the plugin that this module is, and writes `pub fn plugin() -> Plugin`.
///
/// The plugin has every `#[subscriber]` of this module and the modules in it. `setup = f` names an
/// `async fn f(p: &mut Setup) -> Result<(), Failure>` that runs before the start.
#[macro_export]
macro_rules! plugin {
    ($name:literal $(,)?) => {
        $crate::plugin!(@ $name,);
    };
    ($name:literal, setup = $setup:path $(,)?) => {
        $crate::plugin!(@ $name, .setup(|setup| $crate::__private::Box::pin($setup(setup))));
    };
    (@ $name:literal, $($setup:tt)*) => {
        #[doc = concat!("The plugin `", $name, "`.")]
        pub fn plugin() -> $crate::Plugin {
            $crate::Plugin::at($name, $crate::__origin!()) $($setup)*
        }

        $crate::__private::submit! { $crate::__private::Linked::Plugin(plugin) }
    };
}

/// Lists the plugin crates that a host runs, and writes `fn plugins() -> Vec<Plugin>`.
///
/// Each name is a crate or module with a `plugin!`; one that has none does not compile.
#[macro_export]
macro_rules! plugins {
    // Names, taken as tokens: an error about one then stands on it, and not on the whole list.
    ($($plugin:tt),* $(,)?) => {
        /// The plugins that this host runs.
        fn plugins() -> ::std::vec::Vec<$crate::Plugin> {
            // A crate without a `plugin` of its own gets this one, whose type says what is wrong.
            #[allow(unused_imports)]
            use $crate::__private::no_plugin::plugin;
            ::std::vec![$({
                let $plugin = {
                    use $plugin::*;
                    plugin()
                };
                $crate::__private::no_plugin::checked($plugin)
            }),*]
        }
    };
}

/// Lists the event types of one owner, and writes `pub fn catalog() -> Catalog`.
///
/// `stheno::catalog!("loyalty"; PointsEarned, PointsSpent);`
#[macro_export]
macro_rules! catalog {
    ($name:literal; $($event:ty),* $(,)?) => {
        #[doc = concat!("The documented events of `", $name, "`.")]
        pub fn catalog() -> $crate::Catalog {
            let (crate_name, version) = ($crate::__private::env!("CARGO_PKG_NAME"), $crate::__private::env!("CARGO_PKG_VERSION"));
            $crate::Catalog::new($name, crate_name, version)
                $(.event(<$event as $crate::Event>::descriptor()))*
        }

        $crate::__private::submit! { $crate::__private::Linked::Catalog(catalog) }
    };
}

/// Declares a foreign event name that one only hears of, so that subscribing to it is not refused as unknown.
#[macro_export]
macro_rules! declare_event {
    ($name:literal $(, $description:literal)? $(,)?) => {
        $crate::__private::submit! {
            $crate::__private::Linked::Declared(|| {
                let description = $crate::__private::concat!($($description)?);
                $crate::EventDescriptor::declared($name, description, $crate::__private::env!("CARGO_PKG_NAME"))
            })
        }
    };
}

/// Registers a hand-written [`Subscriber`](crate::Subscriber) for the plugin of this module.
///
/// The closure gets the resources: `register_subscriber!(id = "receipts.send", |r| Ok(SendReceipt { pool: r.get()? }));`
#[macro_export]
macro_rules! register_subscriber {
    (id = $id:literal, on = [$($pattern:literal),* $(,)?], $build:expr $(,)?) => {
        $crate::register_subscriber!(@ $id, $build, [$($pattern),*]);
    };
    (id = $id:literal, $build:expr $(,)?) => {
        $crate::register_subscriber!(@ $id, $build, []);
    };
    (@ $id:literal, $build:expr, $patterns:expr) => {
        $crate::__private::submit! {
            $crate::__private::Linked::Subscriber(|| {
                $crate::SubscriberDef::built($id, $build).origin($crate::__origin!()).on_all(&$patterns)
            })
        }
    };
}

/// Defines texts from a closed list that its owner may make longer some day, for the fields of payloads.
///
/// Each variant has the text that it is written as, and perhaps others it is read by. A text that is not in the list
/// becomes `Other` and is written back as it was: reading is lenient. Serde's two traits, `as_str` and `From<&str>` are
/// written too.
///
/// ```
/// stheno_core::text_enum! {
///     /// How a refund came about.
///     pub enum RefundReason {
///         /// The goods came back.
///         Return = "return" | "RETURN",
///         /// The customer was given something off afterwards.
///         Discount = "discount",
///     }
/// }
///
/// # fn main() -> Result<(), serde_json::Error> {
/// assert_eq!(serde_json::from_str::<RefundReason>("\"RETURN\"")?, RefundReason::Return);
/// assert_eq!(serde_json::to_string(&RefundReason::Return)?, "\"return\"");
/// assert_eq!(RefundReason::from("claim"), RefundReason::Other("claim".into()));
/// # Ok(())
/// # }
/// ```
#[macro_export]
macro_rules! text_enum {
    ($(
        $(#[$about:meta])*
        $visibility:vis enum $name:ident {
            $( $(#[$doc:meta])* $variant:ident = $text:literal $(| $other:literal)* ),+ $(,)?
        }
    )+) => {$(
        $(#[$about])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        $visibility enum $name {
            $( $(#[$doc])* $variant, )+
            /// A text that is not in the list, kept as it is.
            Other(::std::string::String),
        }

        impl $name {
            /// The text, as it stands in the JSON.
            $visibility fn as_str(&self) -> &str {
                match self {
                    $( Self::$variant => $text, )+
                    Self::Other(text) => text,
                }
            }
        }

        impl ::std::convert::From<&str> for $name {
            fn from(text: &str) -> Self {
                match text {
                    $( $text $(| $other)* => Self::$variant, )+
                    other => Self::Other(::std::borrow::ToOwned::to_owned(other)),
                }
            }
        }

        impl $crate::__private::Serialize for $name {
            fn serialize<S: $crate::__private::Serializer>(
                &self,
                serializer: S,
            ) -> $crate::__private::Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> $crate::__private::Deserialize<'de> for $name {
            fn deserialize<D: $crate::__private::Deserializer<'de>>(
                deserializer: D,
            ) -> $crate::__private::Result<Self, D::Error> {
                let text: $crate::__private::Cow<'de, str> = $crate::__private::Deserialize::deserialize(deserializer)?;
                $crate::__private::Result::Ok(<Self as ::std::convert::From<&str>>::from(&text))
            }
        }
    )+};
}
