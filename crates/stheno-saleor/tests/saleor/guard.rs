//! What becomes of an event of which Saleor sends one field otherwise, and why some are refused.
//!
//! The serializers of 3.0 to 3.24 say what is always sent; `versions` has what is not, and all of that is read.

use stheno_testkit::guard::{Change, Refused, guard};

use crate::every_type::every_type;

use Change::{Dropped, Null, Object, Quoted, Word};

/// Fields, what is refused of them, and why.
type Row = (&'static [&'static str], &'static [Change], &'static str);

/// `*` in front of a name stands for the objects and lists it is in.
const TABLE: [Row; 12] = [
    (
        &["notify_event"],
        &[Null, Dropped, Word, Object],
        "it is the name of the event; under another name the body is another event's",
    ),
    (
        &["*id", "*_pk", "*number", "*fulfilled_items[0]"],
        &[Null, Dropped, Object],
        "it says what the event is about; every version sends it, as a text or a number",
    ),
    (
        &[
            "*item_name",
            "*payment_gateway",
            "*email",
            "*email_type",
            "*message",
            "*_name",
            "*_url",
            "*domain",
            "*token",
            "*language_code",
            "*city",
            "*city_area",
            "*country",
            "*country_area",
            "*phone",
            "*postal_code",
            "*street_address_1",
            "*street_address_2",
            "*slug",
            "*currency",
            "*name",
            "*status",
            "*type",
            "*version",
            "*gateway",
            "*product_slug",
            "*attributes[0].values[0].value",
            "*]",
            "*60x60",
        ],
        &[Null, Dropped, Object],
        "every version sends a text, perhaps an empty one",
    ),
    (
        &["*_reason", "*discount_type", "*weight", "*_address", "*payment_method", "*reference"],
        &[Object],
        "every version sends a text or nothing",
    ),
    (
        &["*sku"],
        &[Object, Quoted],
        "every version sends a text or null; a number would lose the zeros in front of a SKU",
    ),
    (
        &["*quantity", "*quantity_fulfilled", "*count"],
        &[Null, Dropped, Word, Object, Quoted],
        "every version sends a whole number, and something must not be sent in a number that is not understood",
    ),
    (
        &["*amount", "*value", "*price", "*total", "*tax_rate"],
        &[Null, Dropped, Word, Object],
        "every version sends a decimal number; something that is not one is no amount, and none must be taken for 0",
    ),
    (
        &["*created", "*modified", "*issued_at", "*last_change", "*_at"],
        &[Null, Dropped, Word, Object],
        "every version sends a time; one without an offset is read",
    ),
    (
        &[
            "*is_active",
            "*is_staff",
            "*gross_prices",
            "*is_shipping_required",
            "*is_digital",
            "*number_url",
            "*reuse_source",
        ],
        &[Null, Dropped, Word, Object],
        "every version sends true or false, but where `versions` says otherwise",
    ),
    (
        &[
            "*lines",
            "*items",
            "*discounts",
            "*attributes",
            "*values",
            "*images",
            "*categories",
            "*collections",
            "*products",
            "*variants",
            "*_added",
            "*_removed",
            "*actions",
            "*checkout",
        ],
        &[Null, Dropped, Word, Object],
        "every version sends a list, but where `versions` says otherwise",
    ),
    (
        &["*lines[0]", "*attributes[0]", "*values[0]", "*images[0]", "checkout[0]"],
        &[Null, Word, Object],
        "the items of a list are never null and have their fields",
    ),
    (
        &[
            "payload",
            "*user",
            "*invoice",
            "*order",
            "*order_line",
            "*assignment",
            "*attribute",
            "*original",
            "*fulfillment",
            "*payment",
            "*meta",
            "*principal",
            "*action",
            "*transaction",
            "*address",
            "*metadata",
            "*product",
            "*variant",
            "*image",
            "*billing",
            "*shipping",
            "*_discount",
            "*_method",
        ],
        &[Null, Dropped, Word, Object],
        "every version sends an object, or null where there is none, with fields that it always has",
    ),
];

#[test]
fn whatever_is_read_comes_back_and_whatever_is_refused_is_for_a_reason() {
    let rows = TABLE.iter().flat_map(|(fields, changes, why)| {
        fields.iter().map(move |field| Refused { events: "*", field, changes, why })
    });
    guard(&every_type(), &rows.collect::<Vec<_>>());
}
