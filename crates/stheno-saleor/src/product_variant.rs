//! Stock of product variants.

use stheno::{Event, Extra, Payload};

use crate::GlobalId;

macro_rules! stock {
    ($( $(#[$about:meta])* pub struct $event:ident )+) => {$(
        #[derive(Clone, PartialEq, Payload, Event)]
        $(#[$about])*
        #[event(
            key("saleor.product_variant:/product_variant_id", "saleor.product_variant:/0/product_variant_id"),
            section = "Webhooks",
            note = "The program sends an array of one object.",
            decode_with = crate::envelope::decode_bare
        )]
        pub struct $event {
            /// The variant.
            #[field(kind = "string_or_number", example = "UHJvZHVjdFZhcmlhbnQ6MTk5NA==")]
            pub product_variant_id: GlobalId,
            /// Its product.
            #[field(kind = "string_or_number", example = "UHJvZHVjdDo0NDY=")]
            pub product_id: GlobalId,
            /// The warehouse.
            #[field(kind = "string_or_number", example = "V2FyZWhvdXNlOjEyMw==")]
            pub warehouse_id: GlobalId,
            /// The stock of the variant in the warehouse; the program calls it `id`, which is read too.
            #[field(alias = "id", kind = "string_or_number", example = "U3RvY2s6MTIz")]
            pub stock_id: Option<GlobalId>,
            /// What the product is called in addresses.
            #[field(example = "orange-juice-500-ml")]
            pub product_slug: String,
            /// Fields that nobody documented.
            #[field(extra)]
            pub extra: Extra,
        }
    )+};
}

stock! {
    /// A variant that was sold out is in stock again, in a warehouse.
    #[event(name = "saleor.product_variant.back_in_stock")]
    #[event(note = "Versions read: 3.1 to 3.24.")]
    pub struct ProductVariantBackInStock

    /// A variant is sold out, in every warehouse.
    #[event(name = "saleor.product_variant.out_of_stock")]
    #[event(note = "Versions read: 3.1 to 3.24.")]
    pub struct ProductVariantOutOfStock
}
