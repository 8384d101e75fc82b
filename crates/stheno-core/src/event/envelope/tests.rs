//! Which bodies are envelopes, which are opened, and which are refused.

use super::*;

fn of(body: &str) -> Envelope {
    open("order.placed", None, &Bytes::copy_from_slice(body.as_bytes()))
}

fn refused(envelope: Envelope) -> String {
    match envelope {
        Envelope::Refused(problem) => problem,
        other => panic!("{other:?} is not refused"),
    }
}

/// An envelope with these members in place of the usual ones; a member that is empty is left out.
fn with(changes: &[(&str, &str)]) -> String {
    let usual = [
        ("specversion", "\"1.0\""),
        ("type", "\"order.placed\""),
        ("source", "\"/shop\""),
        ("id", "\"evt-7\""),
        ("data", r#"{ "id": "order_REAL" }"#),
    ];
    let changed = |name: &str| changes.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
    let usual_ones = usual.iter().map(|(name, value)| (*name, changed(name).unwrap_or(value)));
    let more = changes.iter().copied().filter(|(name, _)| !usual.iter().any(|(known, _)| known == name));
    let members = usual_ones.chain(more).filter(|(_, value)| !value.is_empty());
    format!("{{{}}}", members.map(|(name, value)| format!("\"{name}\":{value}")).collect::<Vec<_>>().join(","))
}

#[test]
fn a_cloud_event_is_opened_and_its_data_is_not_touched() {
    let dapr = [
        ("type", "\"com.dapr.event.sent\""),
        ("topic", "\"events.order.placed\""),
        ("pubsubname", "\"jetstream\""),
        ("traceid", "\"00-1-2-01\""),
        ("traceparent", "\"00-1-2-01\""),
        ("tracestate", "\"\""),
        ("datacontenttype", "\"application/json\""),
    ];
    for changes in [
        &[][..],
        &dapr,
        &[("type", "\"com.example.order.placed\"")],
        &[("specversion", "\"1.0.2\"")],
        &[("datacontenttype", "\"application/vnd.shop+json; charset=utf-8\"")],
        &[("data_base64", "null"), ("time", "null")],
        &[("data", ""), ("data_base64", "\"eyAiaWQiOiAib3JkZXJfUkVBTCIgfQ==\"")],
    ] {
        let Envelope::Opened(opened) = of(&with(changes)) else { panic!("{changes:?}: {:?}", of(&with(changes))) };
        assert_eq!(opened.data, r#"{ "id": "order_REAL" }"#);
        let id = opened.attributes.iter().find(|(name, _)| name == "id").map(|(_, value)| value.as_str());
        assert_eq!(id, Some("evt-7"));
    }
    assert!(matches!(of(&with(&[]).replace("specversion", "\\u0073pecversion")), Envelope::Opened(_)));
}

#[test]
fn what_serde_does_not_read_hides_no_envelope_and_the_data_stays_as_it_came() {
    let data = r#"{ "id": "order_REAL", "name": "\ud83d", "ratio": NaN }"#;
    for envelope in [
        format!("\u{feff}{}", with(&[("data", data)])),
        with(&[("data", data), ("note\\ud83d", "\"\\udc00\"")]),
        with(&[("data", data), ("weight", "-Infinity")]),
    ] {
        let Envelope::Opened(opened) = of(&envelope) else { panic!("{envelope}: {:?}", of(&envelope)) };
        assert_eq!(opened.data, data);
    }
    assert!(refused(of(&format!("\u{feff}[{}]", with(&[])))).contains("batch"));
    assert_eq!(of("\u{feff}{\"id\":\"order_1\",\"data\":NaN}"), Envelope::No);
}

#[test]
fn one_that_cannot_be_opened_says_why() {
    for (changes, said) in [
        (&[("data", "")][..], "no `data`"),
        (&[("data", "null")], "no `data`"),
        (&[("specversion", "\"0.3\"")], "`0.3`"),
        (&[("specversion", "\"2.0\"")], "`2.0`"),
        (&[("specversion", "1.0")], "`specversion` is not a text"),
        (&[("type", "\"order.canceled\"")], "`order.canceled`"),
        (&[("type", "\"reorder.placed\"")], "`reorder.placed`"),
        (&[("source", "")], "no `source`"),
        (&[("id", "\"\"")], "`id` is not a text, or empty"),
        (&[("id", "7")], "`id` is not a text"),
        (&[("datacontenttype", "\"text/plain\"")], "`datacontenttype` is not JSON"),
        (&[("data", ""), ("data_base64", "\"!\"")], "not base64"),
        (&[("data_base64", "\"e30=\"")], "both"),
        (&[("specversion", ""), ("SpecVersion", "\"1.0\"")], "no `specversion`"),
    ] {
        let problem = refused(of(&with(changes)));
        assert!(problem.contains("CloudEvents envelope") && problem.contains(said), "{changes:?}: {problem}");
    }
    let twice = with(&[]).replacen('{', r#"{"id":"evt-6","#, 1);
    assert!(refused(of(&twice)).contains("`id` is there twice"));
    assert!(refused(of(&format!("[{}]", with(&[])))).contains("batch"));
}

#[test]
fn the_content_type_says_that_it_is_one_whatever_its_case_and_parameters() {
    let declared = |content_type: &str, body: &str| {
        open("order.placed", Some(content_type), &Bytes::copy_from_slice(body.as_bytes()))
    };
    for content_type in
        ["application/cloudevents+json; charset=utf-8", "Application/CloudEvents", " application/cloudevents+JSON"]
    {
        assert!(matches!(declared(content_type, &with(&[])), Envelope::Opened(_)), "{content_type}");
        assert!(refused(declared(content_type, r#"{"id":"order_1"}"#)).contains("no `specversion`"));
        assert!(refused(declared(content_type, "{ broken")).contains("no JSON object"));
    }
    assert!(refused(declared("application/cloudevents-batch+json", "[]")).contains("batch"));
    assert!(refused(declared("application/cloudevents+protobuf", "x")).contains("`protobuf`"));
    assert_eq!(declared("application/json", r#"{"id":"order_1"}"#), Envelope::No);
}

#[test]
fn headers_of_a_version_or_with_a_time_that_is_not_known_are_refused() {
    let of = |name: &str, value: &str| {
        let mut all = Headers::new();
        all.set(name, value).unwrap();
        refusal_of_headers(&all)
    };
    for version in ["1", "1.0", "1.0.2"] {
        assert_eq!(of(headers::SPEC_VERSION, version), None);
    }
    for version in ["0.3", "2.0", "", "10"] {
        assert!(of(headers::SPEC_VERSION, version).unwrap().contains("1.0 is read"), "{version}");
    }
    assert!(of(headers::TIME, "soon").unwrap().contains("`soon`, which is no time"));
    assert_eq!(of(headers::TIME, "2026-11-22T10:00:00Z"), None);
    assert_eq!(of(headers::ID, "anything"), None);
}

#[test]
fn other_envelopes_are_refused_by_name() {
    for (body, kind) in [
        (
            r#"{"version":"0","id":"6a7e","detail-type":"order.placed","source":"shop","detail":{"id":"order_1"}}"#,
            "EventBridge",
        ),
        (
            r#"{"id":"1","eventType":"order.placed","eventTime":"2026","subject":"s","data":{"id":"order_1"}}"#,
            "Event Grid",
        ),
        (r#"{"id":"evt_1","object":"event","type":"order.placed","data":{"object":{}}}"#, "Stripe"),
        (r#"{"id":"evt_2","object":"v2.core.event","type":"v1.billing.meter.error_report_triggered"}"#, "Stripe"),
        (
            r#"{"id":"8555","created_at":"2026","trigger":{},"table":{},"event":{"op":"INSERT","data":{"new":{"id":"1"}}}}"#,
            "Hasura",
        ),
        (r#"{"id":"1","type":"INSERT","table":"orders","schema":"public","record":{"id":"2"}}"#, "Supabase"),
        (r#"{"id":"WH-1","event_type":"X","resource_type":"sale","resource":{"id":"2"}}"#, "PayPal"),
        (r#"{"id":"ev_1","occurred_at":1,"object":"event","event_type":"x","content":{}}"#, "Chargebee"),
        (r#"{"id":"1","notificationType":"Message","projectKey":"p","resource":{"id":"2"}}"#, "commercetools"),
        (r#"{"jsonrpc":"2.0","id":"1","method":"order","params":{"id":"2"}}"#, "JSON-RPC"),
        (r#"{"id":"1","aggregate_type":"order","event_type":"OrderPlaced","payload":"{}"}"#, "outbox"),
        (r#"{"id":"1","schema":{"type":"struct"},"payload":{"id":"2"}}"#, "Kafka Connect"),
        (r#"{"id":"1","MessageId":"m","ReceiptHandle":"r","Body":"{}"}"#, "Amazon SQS"),
        (r#"{"id":"1","Records":[{"body":"{}"}]}"#, "AWS Lambda"),
        (
            r#"{"@context":"https://www.w3.org/ns/activitystreams","id":"1","type":"Create","object":{}}"#,
            "ActivityStreams",
        ),
        (r#"{"name":"order.placed","data":{"id":"order_1"}}"#, "another kind"),
        (r#"{"id":"1","type":"order.placed","source":"/shop","data":{"id":"2"}}"#, "another kind"),
        (r#"{"id":"1","event":"order.placed","payload":{"id":"2"}}"#, "another kind"),
        (r#"{"messageId":"1","messageType":["urn"],"message":{}}"#, "MassTransit"),
        (r#"{"Type":"Notification","MessageId":"1","TopicArn":"a","Message":"{}"}"#, "SNS"),
        (r#"{"before":null,"after":{},"op":"c","source":{}}"#, "Debezium"),
        (r#"{"cloudEventsVersion":"0.1","eventType":"order.placed","eventID":"1","id":"1"}"#, "CloudEvents 0.1"),
    ] {
        assert!(refused(of(body)).contains(kind), "{body}");
    }
}

#[test]
fn a_payload_that_has_some_of_the_fields_is_none() {
    for body in [
        r#"{"id":"1","type":"gift","source":"/shop","data":{"id":"2"}}"#,
        r#"{"id":"1","type":"order.placed"}"#,
        r#"{"specversion":"1.0","name":"a hose"}"#,
        r#"{"id":"1","name":"specversion","data":[]}"#,
        r#"{"id":"1","note":"say \"specversion\" and \"data\""}"#,
        r#"{"object":"order","id":"1"}"#,
        "[]",
        "7",
        "\"specversion\"",
        "{\"specversion\":\"1.0\"",
        "",
    ] {
        assert_eq!(of(body), Envelope::No, "{body}");
    }
}
