//! Stock of product variants.

use stheno::{Event, Extra, Payload};

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
            #[field(example = "UHJvZHVjdFZhcmlhbnQ6MTk5NA==")]
            pub product_variant_id: String,
            /// Its product.
            #[field(example = "UHJvZHVjdDo0NDY=")]
            pub product_id: String,
            /// The warehouse.
            #[field(example = "V2FyZWhvdXNlOjEyMw==")]
            pub warehouse_id: String,
            /// The stock of the variant in the warehouse; the program itself does not say it under this name.
            #[field(example = "U3RvY2s6MTIz")]
            pub stock_id: Option<String>,
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
    pub struct ProductVariantBackInStock

    /// A variant is sold out, in every warehouse.
    #[event(name = "saleor.product_variant.out_of_stock")]
    pub struct ProductVariantOutOfStock
}
