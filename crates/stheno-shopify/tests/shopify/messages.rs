//! Messages: rendered from arguments, parsed back, and how the documented responses differ.

use proptest::prelude::*;
use stheno_core::Payload;
use stheno_shopify::{EventObject, MessageError, ShopifyEvent, Verb};

use crate::fixtures::objects;

#[test]
fn every_message_is_rendered_and_parsed_back() {
    for verb in Verb::all() {
        let values: Vec<String> = verb.params().iter().map(|param| format!("<{param}>")).collect();
        let message = verb.render(&values).unwrap();
        let expected = verb
            .params()
            .iter()
            .fold(verb.template().to_owned(), |text, param| text.replace(param, &format!("<{param}>")));
        assert_eq!(message, expected);
        assert_eq!(verb.parse(&message).unwrap(), values, "{verb}");
    }
}

#[test]
fn messages_of_responses_are_parsed_although_they_are_not_those_of_the_table() {
    let mut seen = 0;
    for object in objects() {
        let object: EventObject = serde_json::from_value(object).unwrap();
        let verb = object.documented_verb().unwrap();
        let expected: Vec<&str> = match verb.name() {
            "shopify.product.create" | "shopify.order.confirmed" => {
                object.arguments.as_slice().iter().map(String::as_str).collect()
            }
            // What responses say of these has no parameters, also where the table has one.
            "shopify.order.placed" | "shopify.order.authorization_success" => vec![],
            other => panic!("no response has {other}"),
        };
        assert_eq!(object.parsed().unwrap(), expected);
        assert_eq!(verb.parse(&object.message).unwrap(), expected);
        assert_eq!(verb.parse_plain(object.description.as_ref().unwrap()).unwrap(), expected);
        assert_ne!(object.rendered().unwrap(), object.message, "no response has the message of the table");
        seen += 1;
    }
    assert_eq!(seen, 15);
}

#[test]
fn money_is_an_amount_and_a_currency_after_the_id_of_a_transaction() {
    let object = stheno_shopify::OrderAuthorizationSuccess::example().into_object();
    let money = object.money().unwrap().unwrap();
    assert_eq!(
        (money.transaction_id.as_str(), money.amount.to_string(), money.currency.code()),
        ("389404469", "210.94".into(), "USD")
    );
    assert_eq!(object.rendered().unwrap(), "The customer successfully authorized us to capture: 210.94 USD");
    for (arguments, index) in [(["1", "210,94", "USD"], 1), (["1", "210.94", "usd"], 2), (["1", "210.94", "QQQ"], 2)] {
        let mut wrong = object.clone();
        wrong.arguments = arguments.into();
        let error = wrong.money().unwrap_err();
        assert_eq!(error.index(), index);
        assert!(error.to_string().contains(&format!("`arguments[{index}]`")), "{error}");
    }
    let mut other = object.clone();
    other.arguments = ["$210.94"].into();
    assert_eq!(other.money(), Ok(None));
    assert_eq!(stheno_shopify::OrderClosed::example().object().money(), Ok(None));
}

#[test]
fn other_arguments_than_the_message_needs_are_refused() {
    let confirmed = Verb::find("Order", "confirmed").unwrap();
    let refused = confirmed.render(&["#1001"]).unwrap_err();
    let params: &[&str] = &["order_number", "customer_name"];
    assert_eq!(refused, MessageError::Arguments { verb: "shopify.order.confirmed", params, found: 1 });
    assert!(matches!(Verb::find("Order", "closed").unwrap().render(&["x"]), Err(MessageError::Arguments { .. })));
}

#[test]
fn a_message_that_can_be_read_in_several_ways_is_not_read() {
    let confirmed = Verb::find("Order", "confirmed").unwrap();
    let message = confirmed.render(&["#1001 by hand", "Bob by Bob"]).unwrap();
    assert_eq!(confirmed.parse(&message), Err(MessageError::Ambiguous { verb: "shopify.order.confirmed" }));
    // The two places of ` by ` share a space: the order is `#1` or `#1 by`.
    let message = confirmed.render(&["#1", "by Bob"]).unwrap();
    assert_eq!(message, confirmed.render(&["#1 by", "Bob"]).unwrap());
    assert_eq!(confirmed.parse(&message), Err(MessageError::Ambiguous { verb: "shopify.order.confirmed" }));
    let seen = "Received new order <a>#1</a> by by Bob";
    assert_eq!(confirmed.parse(seen), Err(MessageError::Ambiguous { verb: "shopify.order.confirmed" }));
    assert_eq!(confirmed.parse("Hello."), Err(MessageError::OtherTemplate { verb: "shopify.order.confirmed" }));
}

#[test]
fn a_new_event_object_is_as_shopify_would_write_it() {
    let verb = Verb::find("Product", "destroy").unwrap();
    let time = "2008-01-10T06:00:00-05:00".parse().unwrap();
    let object = EventObject::of_verb(verb, 1, 2, time, ["A <b> & \"c\""]).unwrap();
    assert_eq!(object.message, "A &lt;b&gt; &amp; &quot;c&quot; was destroyed.");
    assert_eq!(object.description.as_deref(), Some("A <b> & \"c\" was destroyed."));
    assert_eq!(object.path.as_deref(), Some("/admin/products/2"));
    assert_eq!(object.parsed().unwrap(), ["A <b> & \"c\""]);
    // Without the event object nobody can tell whether the title has the `&amp;` in it.
    assert_eq!(verb.parse(&object.message), Err(MessageError::Ambiguous { verb: "shopify.product.destroy" }));
}

#[test]
fn a_link_is_markup_in_a_message_of_shopify_and_may_be_a_title_in_any_other() {
    let create = Verb::find("Product", "create").unwrap();
    let title = "<a href=\"/admin/products/1\">Tom &amp; Co</a>";
    assert_eq!(create.parse(&format!("created a new product: {title}.")).unwrap(), ["Tom & Co"]);
    let rendered = create.render(&[title]).unwrap();
    assert_eq!(create.parse(&rendered), Err(MessageError::Ambiguous { verb: "shopify.product.create" }));
    assert_eq!(create.parse_plain(&rendered).unwrap(), [title]);
    assert_eq!(create.parse_markup(&rendered).unwrap(), ["Tom & Co"]);
}

#[test]
fn the_message_of_an_undocumented_verb_is_neither_rendered_nor_read() {
    let mut object = stheno_shopify::OrderClosed::example().into_object();
    object.verb = "close".into();
    for error in [object.rendered().unwrap_err(), object.parsed().unwrap_err()] {
        assert!(matches!(error, MessageError::UnknownVerb(unknown) if unknown.field() == "verb"));
    }
}

/// Every pair of values that gives the message of this one: a beginning and an end of what both give together.
fn readings(verb: &Verb, values: [&str; 2]) -> Vec<[String; 2]> {
    let message = verb.render(&values).unwrap();
    let inside = values.join(" by ");
    let places = || inside.char_indices().map(|(at, _)| at).chain([inside.len()]);
    let pairs = places().flat_map(|end| places().map(move |start| (end, start)));
    let pairs = pairs.map(|(end, start)| [inside[..end].to_owned(), inside[start..].to_owned()]);
    pairs.filter(|pair| verb.render(pair).unwrap() == message).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_message_is_read_when_one_pair_of_values_alone_gives_it(first in "(by|b| ){0,5}", second in "(by|y| ){0,5}") {
        let confirmed = Verb::find("Order", "confirmed").unwrap();
        let message = confirmed.render(&[&first, &second]).unwrap();
        let expected = match readings(confirmed, [&first, &second]).as_slice() {
            [only] => Ok(only.to_vec()),
            _ => Err(MessageError::Ambiguous { verb: "shopify.order.confirmed" }),
        };
        prop_assert_eq!(confirmed.parse(&message), expected);
    }
}

/// Pieces of text that a reader may trip over.
const HOSTILE: &str = "(<|>|&|&amp;|&lt;|&amp;lt;|&quot;|&#39;|</a>|<b>|<a href=\"/admin/products/1\">| by | to |: | was |\\.|[0-9]| |é|\\PC){0,6}";

fn arguments() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(prop_oneof![HOSTILE, HOSTILE, Just(String::new()), "[a-zA-Z0-9#]{0,12}"], 0..=3)
}

/// That what was read is what was given, or that there were other ways to read it.
fn given_back(verb: &Verb, read: Result<Vec<String>, MessageError>, given: &[String]) -> Result<(), TestCaseError> {
    match read {
        Ok(read) => prop_assert_eq!(read, given, "{}", verb),
        Err(error) => prop_assert_eq!(error, MessageError::Ambiguous { verb: verb.name() }),
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn whatever_is_rendered_is_read_as_it_was_given_or_refused(arguments in arguments()) {
        for verb in Verb::all() {
            let Ok(message) = verb.render(&arguments) else {
                prop_assert_ne!(arguments.len(), verb.params().len());
                continue;
            };
            let values = verb.values(&arguments).unwrap();
            given_back(verb, verb.parse(&message), &values)?;
            given_back(verb, verb.parse_plain(&message), &values)?;
            let time = "2008-01-10T06:00:00-05:00".parse().unwrap();
            let object = EventObject::of_verb(verb, 1, 2, time, arguments.clone()).unwrap();
            given_back(verb, object.parsed(), &values)?;
            given_back(verb, verb.parse(&object.message), &values)?;
            if verb.params().len() < 2 {
                // Nothing parts the values, so there is one way to read them.
                prop_assert_eq!(verb.parse_plain(&message), Ok(values.clone()));
                prop_assert_eq!(object.parsed(), Ok(values));
            }
        }
    }

    #[test]
    fn values_without_anything_special_are_always_read(values in prop::collection::vec("[a-zA-Z0-9.#]{0,12}", 2)) {
        for verb in Verb::all() {
            let values = &values[..verb.params().len()];
            prop_assert_eq!(verb.parse(&verb.render(values).unwrap()), Ok(values.to_vec()));
        }
    }
}
