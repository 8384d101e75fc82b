//! What a mail says of an order: its lines, its sums, what was sent, where it goes.

use stheno::saleor::{
    OrderFulfillment,
    entity::{Address, FulfillmentLine, Order, OrderLine},
};

use crate::{
    money,
    page::{Block, one_line},
    words::Words,
};

/// The whole order: its lines, its sums, where it goes.
pub(crate) fn whole(words: &Words, order: &Order) -> Vec<Block> {
    let lines = order.lines.iter().map(|line| (title(line, line.quantity), Some(total(order, line)))).collect();
    let mut blocks = vec![Block::Lines(lines), Block::Totals(totals(words, order))];
    blocks.extend(order.shipping_address.as_ref().map(|address| Block::Note(words.ship_to.into(), lines_of(address))));
    blocks
}

fn totals(words: &Words, order: &Order) -> Vec<(String, String)> {
    let gross = order.display_gross_prices;
    let pick = |with_tax, without| if gross { with_tax } else { without };
    let shown = |title: &str, amount| (title.to_owned(), money::format(amount, order.currency));
    let shipping = match order.shipping_method_name.as_deref() {
        Some(method) if !method.is_empty() => format!("{} ({method})", words.shipping),
        _ => words.shipping.to_owned(),
    };
    let mut rows = vec![
        shown(words.subtotal, pick(order.subtotal_gross_amount, order.subtotal_net_amount)),
        shown(&shipping, pick(order.shipping_price_gross_amount, order.shipping_price_net_amount)),
    ];
    if !order.discount_amount.is_zero() {
        rows.push((words.discount.to_owned(), format!("-{}", money::format(order.discount_amount, order.currency))));
    }
    if !order.tax_amount.is_zero() {
        // With gross prices it is in the sums above already.
        rows.push(shown(if gross { words.tax_included } else { words.tax }, order.tax_amount));
    }
    rows.push(shown(words.total, order.total_gross_amount));
    rows
}

/// What was sent: how to follow it, which lines, what can be downloaded.
pub(crate) fn sent(words: &Words, notice: &OrderFulfillment) -> Vec<Block> {
    let title_of = |line: &FulfillmentLine| (title(&line.order_line, line.quantity), None);
    let mut blocks = vec![Block::Lines(notice.physical_lines.iter().map(title_of).collect())];
    let tracking = &notice.fulfillment.tracking_number;
    match notice.fulfillment.is_tracking_number_url {
        _ if tracking.is_empty() => {}
        true => blocks.push(Block::Link(words.tracking.into(), tracking.clone())),
        false => blocks.push(Block::Note(words.tracking.into(), vec![tracking.clone()])),
    }
    let downloads: Vec<String> = notice
        .digital_lines
        .iter()
        .flat_map(|line| [title(&line.order_line, line.quantity), line.order_line.digital_url.expose().clone()])
        .filter(|line| !line.is_empty())
        .collect();
    if !downloads.is_empty() {
        blocks.push(Block::Note(words.downloads.into(), downloads));
    }
    blocks
}

/// What a line is, in the language of the order where it is known.
fn title(line: &OrderLine, quantity: i64) -> String {
    let known = |translated: &str, name: &str| one_line(if translated.is_empty() { name } else { translated });
    let product = known(&line.translated_product_name, &line.product_name);
    match known(&line.translated_variant_name, &line.variant_name) {
        variant if variant.is_empty() => format!("{quantity} × {product}"),
        variant => format!("{quantity} × {product} ({variant})"),
    }
}

fn total(order: &Order, line: &OrderLine) -> String {
    let amount = if order.display_gross_prices { line.total_gross_amount } else { line.total_net_amount };
    money::format(amount, line.currency)
}

/// An address as one writes it on a parcel, without lines that say nothing.
fn lines_of(address: &Address) -> Vec<String> {
    let name = format!("{} {}", address.first_name, address.last_name);
    let place = format!("{} {}", address.postal_code, address.city);
    let lines =
        [&name, &address.company_name, &address.street_address_1, &address.street_address_2, &place, &address.country];
    lines.into_iter().map(|line| one_line(line)).filter(|line| !line.is_empty()).collect()
}
