//! `MedusaAdmin` against a stub that answers with the shapes of Medusa 1: what is read, and what each failure means.

mod stub;

use std::time::Duration;

use commerce::{Commerce, CommerceErrorKind, LineQuantity, MedusaAdmin, Totals};
use stub::{Answer, Stub};

const ORDER: &str = include_str!("data/order.json");
const SWAP: &str = include_str!("data/swap.json");
const CUSTOMER: &str = include_str!("data/customer.json");
const ORDER_ID: &str = "order_01GZ7A0QF3R3V7R1D3B9ZK6T5M";
const ORDER_PATH: &str = "/admin/orders/order_01GZ7A0QF3R3V7R1D3B9ZK6T5M";
const FIRST_PAGE: &str = "/admin/orders?fields=id&expand=claims&limit=50&offset=0";
const SECOND_PAGE: &str = "/admin/orders?fields=id&expand=claims&limit=50&offset=50";

fn client(stub: &Stub) -> MedusaAdmin {
    MedusaAdmin::new(&stub.url, "the-token").unwrap()
}

/// A page of the order list with so many orders without claims, and then the one with the claim if it is asked for.
fn page(without: usize, with_claim: bool) -> Answer {
    let mut orders: Vec<_> = (0..without).map(|n| format!(r#"{{"id":"order_{n}","claims":[]}}"#)).collect();
    orders.extend(with_claim.then(|| format!(r#"{{"id":"{ORDER_ID}","claims":[{{"id":"claim_01GZ7D0A1B"}}]}}"#)));
    Answer::json(&format!(r#"{{"orders":[{}],"count":51,"offset":0,"limit":50}}"#, orders.join(",")))
}

#[tokio::test]
async fn an_order_is_read_with_its_lines_totals_parcels_and_returns() {
    let stub = Stub::serve([(ORDER_PATH, Answer::json(ORDER))]).await;
    let order = client(&stub).order(ORDER_ID).await.unwrap();

    assert_eq!((order.number, order.currency.as_str(), order.email.expose()), (1043, "usd", "grace@example.com"));
    assert_eq!(order.totals, Totals { subtotal: 7200, shipping: 1000, discount: 0, tax: 0, total: 8200 });
    let [sweatshirt, engraving] = &order.lines[..] else { panic!("two lines, got {:?}", order.lines) };
    assert_eq!((sweatshirt.quantity, sweatshirt.unit_price, sweatshirt.total()), (2, 3350, 6700));
    assert_eq!(sweatshirt.variant.as_deref(), Some("M"));
    assert_eq!((engraving.variant_id.as_deref(), engraving.variant.as_deref()), (None, None));
    let tracked: Vec<_> = order.fulfillments[0].tracking.iter().map(|link| link.number.as_str()).collect();
    assert_eq!(tracked, ["1Z999AA10123456784", "1Z999AA10123456795"]);
    assert_eq!(order.returns[0].received, [LineQuantity::new("item_01GZ7A02R5", 1)]);
}

#[tokio::test]
async fn the_token_is_sent_in_both_ways_that_version_1_knows() {
    let stub = Stub::serve([(ORDER_PATH, Answer::json(ORDER))]).await;
    client(&stub).order(ORDER_ID).await.unwrap();
    let asked = stub.asked();
    assert_eq!(asked[0].headers["authorization"], "Bearer the-token");
    assert_eq!(asked[0].headers["x-medusa-access-token"], "the-token");
}

#[tokio::test]
async fn a_swap_is_read_together_with_its_order() {
    let answers = [("/admin/swaps/swap_01GZ7E6K2M", Answer::json(SWAP)), (ORDER_PATH, Answer::json(ORDER))];
    let stub = Stub::serve(answers).await;
    let swap = client(&stub).swap("swap_01GZ7E6K2M").await.unwrap();
    assert_eq!(swap.difference_due, Some(-1150));
    assert_eq!(swap.new_lines[0].variant_id.as_deref(), Some("variant_01GZ79WQ2P"));
    assert_eq!(swap.received, [LineQuantity::new("item_01GZ7A02R5", 1)]);
    assert_eq!(swap.order.find_line("item_01GZ7A02R5").unwrap().variant_id.as_deref(), Some("variant_01GZ79WQ1N"));
}

#[tokio::test]
async fn a_customer_is_read() {
    let stub = Stub::serve([("/admin/customers/cus_01GZ79Y8C2W0ZQ2QPGB4J7S5RN", Answer::json(CUSTOMER))]).await;
    let customer = client(&stub).customer("cus_01GZ79Y8C2W0ZQ2QPGB4J7S5RN").await.unwrap();
    assert_eq!(customer.first_name.unwrap().expose(), "Grace");
    assert_eq!(customer.last_name, None);
}

#[tokio::test]
async fn a_claim_is_found_on_the_second_page_of_orders() {
    let answers = [(FIRST_PAGE, page(50, false)), (SECOND_PAGE, page(0, true)), (ORDER_PATH, Answer::json(ORDER))];
    let stub = Stub::serve(answers).await;
    let claim = client(&stub).claim("claim_01GZ7D0A1B").await.unwrap();
    assert_eq!((claim.refund, claim.order.number), (Some(500), 1043));
    assert_eq!(stub.paths(), [FIRST_PAGE, SECOND_PAGE, ORDER_PATH]);
}

#[tokio::test]
async fn a_claim_in_no_order_is_not_found_and_the_search_ends() {
    let stub = Stub::serve([(FIRST_PAGE, page(50, false)), (SECOND_PAGE, page(50, false))]).await;
    let missing = client(&stub).claim_search(100).claim("claim_unknown").await.unwrap_err();
    assert_eq!(missing.kind(), CommerceErrorKind::NotFound);
    assert_eq!(stub.paths(), [FIRST_PAGE, SECOND_PAGE]);
}

#[tokio::test]
async fn what_is_not_there_is_final() {
    let stub = Stub::serve([]).await;
    let missing = client(&stub).order("order_unknown").await.unwrap_err();
    assert_eq!(missing.kind(), CommerceErrorKind::NotFound);
    assert!(missing.is_final());
}

#[tokio::test]
async fn an_id_that_would_be_another_route_is_never_asked_for() {
    let stub = Stub::serve([("/admin/users", Answer::json("{}"))]).await;
    let refused = client(&stub).order("../users").await.unwrap_err();
    assert_eq!(refused.kind(), CommerceErrorKind::NotFound);
    assert!(stub.asked().is_empty());
}

#[tokio::test]
async fn a_wrong_token_is_final_and_says_what_to_do() {
    for status in [401, 403, 400, 302] {
        let stub = Stub::serve([(ORDER_PATH, Answer::status(status))]).await;
        let refused = client(&stub).order(ORDER_ID).await.unwrap_err();
        assert_eq!(refused.kind(), CommerceErrorKind::Refused, "{status}");
        assert!(refused.is_final());
        assert!(!refused.to_string().contains("the-token"));
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed_with_the_token() {
    let elsewhere = Stub::serve([]).await;
    let location = format!("location: {}/login\r\n", elsewhere.url);
    let moved = Answer::Reply(302, Box::leak(location.into_boxed_str()), String::new());
    let stub = Stub::serve([(ORDER_PATH, moved)]).await;
    client(&stub).order(ORDER_ID).await.unwrap_err();
    assert!(elsewhere.asked().is_empty());
}

#[tokio::test]
async fn a_busy_or_broken_shop_is_tried_again_when_it_says() {
    for (status, header, retry_after) in [
        (429, "retry-after: 7\r\n", Some(Duration::from_secs(7))),
        (503, "retry-after: 1\r\n", Some(Duration::from_secs(1))),
        (500, "", None),
        (409, "", None),
    ] {
        let stub = Stub::serve([(ORDER_PATH, Answer::Reply(status, header, "{}".into()))]).await;
        let busy = client(&stub).order(ORDER_ID).await.unwrap_err();
        assert_eq!(busy.kind(), CommerceErrorKind::Unavailable { retry_after }, "{status}");
        assert!(!busy.is_final());
    }
}

#[tokio::test]
async fn a_shop_that_does_not_answer_is_given_up_in_time() {
    let stub = Stub::serve([(ORDER_PATH, Answer::Silence)]).await;
    let silent = client(&stub).timeout(Duration::from_millis(200)).order(ORDER_ID).await.unwrap_err();
    assert_eq!(silent.kind(), CommerceErrorKind::Unavailable { retry_after: None });
}

#[tokio::test]
async fn a_shop_that_is_down_is_tried_again() {
    // A port that was free a moment ago.
    let url = Stub::serve([]).await.url.clone();
    let down = MedusaAdmin::new(&url, "the-token").unwrap().order(ORDER_ID).await.unwrap_err();
    assert_eq!(down.kind(), CommerceErrorKind::Unavailable { retry_after: None });
}

#[tokio::test]
async fn an_answer_of_another_shape_says_where_and_not_what() {
    let odd = ORDER.replace("\"display_id\": 1043", "\"display_id\": \"grace@example.com\"");
    let stub = Stub::serve([(ORDER_PATH, Answer::json(&odd))]).await;
    let unreadable = client(&stub).order(ORDER_ID).await.unwrap_err();
    assert_eq!(unreadable.kind(), CommerceErrorKind::Unreadable);
    assert!(!unreadable.is_final());
    let said = unreadable.to_string();
    assert!(said.contains("order.display_id") && !said.contains("grace"), "{said}");
}
