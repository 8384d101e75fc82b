//! Nothing in a payload can be more than text, lead elsewhere than it says, or turn round what stands beside it.

use serde_json::{Value, json};

use stheno::{Outgoing, delivery::why::Why};

use crate::support::{downloaded, in_language, mail, notification, notifications, parts, start};

/// What nobody should be able to write into a mail.
const HOSTILE: &str =
    "<script>alert(1)</script>\"'><img src=x onerror=y>\r\nBcc: all@example.com\r\n\r\n{site}{number}";

/// Puts a hostile text before every text of a payload but the addresses that mails go to or are about, and what is no free
/// text.
fn made_hostile(value: &mut Value, name: &str, hostile: &str) {
    const KEPT: [&str; 17] = [
        "confirm_url",
        "reset_url",
        "redirect_url",
        "delete_url",
        "password_set_url",
        "download_url",
        "notify_event",
        "recipient_email",
        "currency",
        "language_code",
        "created",
        "modified",
        "amount",
        "tracking_number",
        "issued_at",
        "total",
        "captured_amount",
    ];
    match value {
        Value::String(text)
            if !KEPT.contains(&name)
                && !name.ends_with("_amount")
                && !name.ends_with("_value")
                && name != "tax_rate" =>
        {
            *text = format!("{hostile} {text}");
        }
        Value::Array(items) => items.iter_mut().for_each(|item| made_hostile(item, name, hostile)),
        Value::Object(object) => object.iter_mut().for_each(|(name, value)| made_hostile(value, name, hostile)),
        _ => {}
    }
}

#[tokio::test]
async fn nothing_in_a_payload_can_be_more_than_text() {
    for event in notifications() {
        let mut body = event.example.unwrap()();
        made_hostile(&mut body, "", HOSTILE);
        if let Some(tracking) = body.pointer_mut("/payload/fulfillment/tracking_number") {
            *tracking = json!("javascript:alert(1)");
        }
        body["payload"]["logo_url"] = json!("javascript:alert(1)");
        in_language(&mut body, "en");
        let whole = mail(&event, &body).await;
        assert!(!whole.to_lowercase().contains("\nbcc:"), "{whole}");
        let [_, text, html] = parts(&whole);
        for forbidden in ["<script", "<img", "onerror=y>", "'>", "href=\"javascript", "href=\"&lt;"] {
            assert!(!html.contains(forbidden), "{}: {forbidden} in {html}", event.pattern);
        }
        assert!(html.contains("&lt;script&gt;"), "what was written is shown as it was written");
        assert!(text.contains("<script>"));
        // As many tags as without the hostile text, but for the links, which are none any more.
        let tags = |html: &str| html.matches("<td").count() + html.matches("<p").count();
        let [_, _, plain] = parts(&mail(&event, &event.example.unwrap()()).await);
        assert!(tags(&html) <= tags(&plain) + 1, "{}", event.pattern);
    }
}

/// What begins with a scheme that no mail may lead to, or only looks like an address of the web.
const NO_ADDRESSES: [&str; 9] = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "file:///etc/passwd",
    " https://shop.example",
    "https://shop.example/a b\"onclick=\"x",
    "https://shop.example/\u{202e}gpj.exe",
    "//shop.example/a",
];

#[tokio::test]
async fn what_is_no_address_of_the_web_is_never_a_link() {
    let event = notification("order_fulfillment_confirmation");
    for address in NO_ADDRESSES {
        for is_url in [true, false] {
            let mut body = event.example.unwrap()();
            let payload = &mut body["payload"];
            payload["fulfillment"] = json!({ "tracking_number": address, "is_tracking_number_url": is_url });
            payload["order"]["order_details_url"] = json!(address);
            payload["digital_lines"] = json!([downloaded(&payload["physical_lines"][0], "The Book of Tea", address)]);
            for of in ["variant", "product"] {
                payload["physical_lines"][0]["order_line"][of]["first_image"] =
                    json!({ "original": { "120x120": address } });
                payload["physical_lines"][0]["order_line"][of]["images"] = json!([]);
            }
            let [_, text, html] = parts(&mail(&event, &body).await);
            assert!(!html.contains("href=") && !html.contains("<img"), "{address:?}: {html}");
            assert!(!html.contains("<script") && !html.contains("\"onclick"), "{address:?}: {html}");
            assert!(text.contains("The Book of Tea"));
        }
    }
}

#[tokio::test]
async fn a_mail_about_a_link_that_leads_nowhere_is_a_dead_letter_that_names_the_field() {
    for (name, field) in [
        ("account_confirmation", "confirm_url"),
        ("account_password_reset", "reset_url"),
        ("account_change_email_request", "redirect_url"),
        ("account_delete", "delete_url"),
        ("account_set_customer_password", "password_set_url"),
        ("invoice_ready", "invoice.download_url"),
    ] {
        let event = notification(name);
        for address in NO_ADDRESSES.into_iter().chain([""]) {
            let (app, mails) = start().await;
            let mut body = event.example.unwrap()();
            *body.pointer_mut(&format!("/payload/{}", field.replace('.', "/"))).unwrap() = json!(address);
            let published = app.when(Outgoing::raw(event.pattern, &body)).await.unwrap();
            let subscriber = format!("saleor-notify.{}", name.replace('_', "-"));
            let outcome = app.outcome(&subscriber, &published).await.unwrap();
            let Why::Dead(letter) = outcome else { panic!("{outcome:?}") };
            assert_eq!(letter.attempts, 1);
            assert!(format!("{letter:?}").contains(&format!("payload.{field}")), "{letter:?}");
            assert!(mails.0.lock().unwrap().is_empty());
        }
    }
}

#[tokio::test]
async fn an_address_cannot_leave_its_attribute() {
    let event = notification("order_fulfillment_confirmation");
    let address = "https://shop.example/\"><script>alert(1)</script>'onclick='x&amp;y";
    let mut body = event.example.unwrap()();
    let payload = &mut body["payload"];
    payload["fulfillment"] = json!({ "tracking_number": address, "is_tracking_number_url": true });
    payload["digital_lines"] = json!([downloaded(&payload["physical_lines"][0], "<b>Tea</b>", address)]);
    let [_, _, html] = parts(&mail(&event, &body).await);
    let escaped = "https://shop.example/&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&#39;onclick=&#39;x&amp;amp;y";
    assert_eq!(html.matches(&format!("href=\"{escaped}\"")).count(), 2, "{html}");
    assert!(!html.contains("<script") && html.contains("&lt;b&gt;Tea&lt;/b&gt;"), "{html}");
}

#[tokio::test]
async fn no_control_character_survives_or_turns_a_mail_round() {
    let turning = ('\u{202a}'..='\u{202e}').chain('\u{2066}'..='\u{2069}');
    let breaking = ['\0', '\u{7}', '\u{8}', '\u{b}', '\u{1b}', '\u{7f}', '\u{85}', '\u{2028}', '\u{2029}'];
    let controls: Vec<char> = turning.chain(breaking).collect();
    let text = controls.iter().map(|control| format!("x{control}")).collect::<String>();
    for event in notifications() {
        let mut body = event.example.unwrap()();
        made_hostile(&mut body, "", &text);
        if let Some(tracking) = body.pointer_mut("/payload/fulfillment/tracking_number") {
            *tracking = json!(text);
        }
        let whole = mail(&event, &body).await;
        let [headers, plain, html] = parts(&whole);
        for part in [decoded_words(&headers), plain, html] {
            let found = part.chars().find(|c| controls.contains(c));
            assert_eq!(found, None, "{}: {part:?}", event.pattern);
        }
    }
}

/// Headers with their encoded words (RFC 2047) decoded, so far as they are UTF-8 in base64.
fn decoded_words(headers: &str) -> String {
    headers
        .split("=?utf-8?b?")
        .enumerate()
        .map(|(index, piece)| match (index, piece.split_once("?=")) {
            (0, _) | (_, None) => piece.to_owned(),
            (_, Some((word, rest))) => String::from_utf8_lossy(&from_base64(word)).into_owned() + rest,
        })
        .collect()
}

fn from_base64(text: &str) -> Vec<u8> {
    let value = |byte: u8| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let sextets: Vec<u8> = text.bytes().map_while(value).collect();
    let bits = |four: &[u8]| four.iter().fold(0_u32, |sum, six| (sum << 6) | u32::from(*six)) << (6 * (4 - four.len()));
    sextets.chunks(4).flat_map(|four| bits(four).to_be_bytes()[1..four.len()].to_vec()).collect()
}
