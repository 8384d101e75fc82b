//! What a mail says of an order: its lines, its sums, what was sent, where it goes.

use stheno::saleor::{
    OrderFulfillment,
    entity::{self, Address, FulfillmentLine, Order, OrderLine},
};

use crate::{
    page::{Block, Image, Line, is_web, one_line},
    words::Words,
};

/// Which sizes of an image are taken, the best first. It is shown in 60 by 60, which a sharp screen fills with 120. Saleor 3.5 and
/// later call them by one number.
const SIZES: [&str; 8] = ["120x120", "128", "255x255", "256", "60x60", "64", "510x510", "512"];

/// The whole order: its lines, its sums, where it goes.
pub(crate) fn whole(words: &Words, order: &Order) -> Vec<Block> {
    let mut blocks = bill(words, order);
    blocks.extend(order.shipping_address.as_ref().map(|address| Block::Note(words.ship_to.into(), lines_of(address))));
    blocks
}

/// What an order came to, and what of it was paid back.
pub(crate) fn refunded(words: &Words, order: &Order, amount: String) -> Vec<Block> {
    let mut blocks = bill(words, order);
    blocks.push(Block::Totals(vec![(words.refunded.to_owned(), amount)]));
    blocks
}

/// The lines of an order and its sums.
fn bill(words: &Words, order: &Order) -> Vec<Block> {
    let shown = |line| shown(line, line.quantity, Some(total(words, order, line)));
    let mut blocks = table(order.lines.iter().map(shown).collect());
    blocks.push(Block::Totals(totals(words, order)));
    blocks
}

/// The lines, unless there are none.
fn table(lines: Vec<Line>) -> Vec<Block> {
    if lines.is_empty() { Vec::new() } else { vec![Block::Lines(lines)] }
}

fn totals(words: &Words, order: &Order) -> Vec<(String, String)> {
    let gross = order.display_gross_prices;
    let pick = |with_tax, without| if gross { with_tax } else { without };
    let shown = |title: &str, amount| (title.to_owned(), words.money.amount(amount, &order.currency));
    let mut rows = vec![shown(words.subtotal, pick(order.subtotal_gross_amount, order.subtotal_net_amount))];
    let shipping = pick(order.shipping_price_gross_amount, order.shipping_price_net_amount);
    match order.shipping_method_name.as_deref().map(one_line) {
        Some(method) if !method.is_empty() => rows.push(shown(&format!("{} ({method})", words.shipping), shipping)),
        // Nothing is sent.
        _ if shipping.is_zero() => {}
        _ => rows.push(shown(words.shipping, shipping)),
    }
    if !order.discount_amount.is_zero() {
        rows.push((words.discount.to_owned(), words.money.deduction(order.discount_amount, &order.currency)));
    }
    if !order.tax_amount.is_zero() {
        // With gross prices it is in the sums above already.
        rows.push(shown(if gross { words.tax_included } else { words.tax }, order.tax_amount));
    }
    rows.push(shown(words.total, order.total_gross_amount));
    rows
}

/// What was sent: which lines, how to follow them, what can be downloaded.
pub(crate) fn sent(words: &Words, notice: &OrderFulfillment) -> Vec<Block> {
    let shown = |line: &FulfillmentLine| shown(&line.order_line, line.quantity, None);
    let mut blocks = table(notice.physical_lines.iter().map(shown).collect());
    let tracking = &notice.fulfillment.tracking_number;
    match notice.fulfillment.is_tracking_number_url {
        _ if tracking.is_empty() => {}
        true => blocks.push(Block::Link(words.track.into(), tracking.clone())),
        false => blocks.push(Block::Note(words.tracking_number.into(), vec![tracking.clone()])),
    }
    let download = |line: &FulfillmentLine| {
        // Without an address the line stands there as text.
        let address = line.order_line.digital_url.as_ref().map(|address| address.expose().clone()).unwrap_or_default();
        (title(&line.order_line, line.quantity), address)
    };
    if !notice.digital_lines.is_empty() {
        blocks.push(Block::Links(words.downloads.into(), notice.digital_lines.iter().map(download).collect()));
    }
    blocks
}

fn shown(line: &OrderLine, quantity: i64, amount: Option<String>) -> Line {
    Line { title: title(line, quantity), amount, image: image(line) }
}

/// An image of the variant, or else of the product, in the best size there is.
fn image(line: &OrderLine) -> Option<Image> {
    let variant = line.variant.as_ref().map(|variant| (&variant.first_image, &variant.images));
    let product = line.product.as_ref().map(|product| (&product.first_image, &product.images));
    let images = [variant, product].into_iter().flatten().flat_map(|(first, more)| first.iter().chain(more));
    let address = images.flat_map(sizes_of).find(|address| is_web(address))?.clone();
    Some(Image { address, alt: name(line) })
}

/// The addresses of an image, the best size first.
fn sizes_of(image: &entity::Image) -> impl Iterator<Item = &String> {
    SIZES.iter().filter_map(|size| image.original.get(*size)).chain(image.original.values())
}

fn title(line: &OrderLine, quantity: i64) -> String {
    format!("{quantity} × {}", name(line))
}

/// What a line is, in the language of the order where it is known.
fn name(line: &OrderLine) -> String {
    let known = |translated: &str, name: &str| one_line(if translated.is_empty() { name } else { translated });
    let product = known(&line.translated_product_name, &line.product_name);
    match known(&line.translated_variant_name, &line.variant_name) {
        variant if variant.is_empty() => product,
        variant => format!("{product} ({variant})"),
    }
}

fn total(words: &Words, order: &Order, line: &OrderLine) -> String {
    let amount = if order.display_gross_prices { line.total_gross_amount } else { line.total_net_amount };
    words.money.amount(amount, &line.currency)
}

/// An address as one writes it on a parcel, without lines that say nothing.
fn lines_of(address: &Address) -> Vec<String> {
    let name = format!("{} {}", address.first_name, address.last_name);
    let place = format!("{} {}", address.postal_code, address.city);
    let lines = [
        &name,
        &address.company_name,
        &address.street_address_1,
        &address.street_address_2,
        &address.city_area,
        &place,
        &address.country_area,
        &address.country,
    ];
    lines.into_iter().map(|line| one_line(line)).filter(|line| !line.is_empty()).collect()
}
