//! Asking the log through a bus: what is found is what a plain filter finds, however it is read.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use stheno_core::{
    Body, Bus, Catalogs, Outgoing, RecordedEvent, Timestamp,
    backend::{Append, BackendErrorKind, Query},
    headers,
    log::{Cursor, Events, Log},
};

use crate::{
    conformance::{
        Harness,
        orders::{self, CANCELED, PING, PLACED, PRODUCT, order_key, ping, placed, plain, product},
        world::{World, append, bounded, publish},
    },
    fault::{Call, Fault, FaultyBackend},
    random::Random,
};

const SOURCES: [&str; 2] = ["shop", "warehouse"];
const CONVERSATIONS: [&str; 3] = ["a", "b", "c"];

/// Whatever is asked, pages, a stream and a count give what a plain filter over the whole log gives.
pub async fn a_question_gives_what_a_plain_filter_gives(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let bus = world.bus().await;
    let mut random = Random::seeded("a_question_gives_what_a_plain_filter_gives");
    for _ in 0..20 {
        let events: Vec<_> = (0..1 + random.below(20)).map(|_| an_event(&mut random)).collect();
        bus.publish_all(events).await.expect("all are published");
    }
    let all = world.everything().await;
    for _ in 0..80 {
        let (question, newest_first, wanted) = a_question(&bus, &mut random, &all);
        let mut expected: Vec<u64> = all.iter().filter(|event| wanted(event)).map(|event| event.sequence).collect();
        assert_eq!(question.count().await.expect("it is counted"), expected.len() as u64, "{question:?}");
        if newest_first {
            expected.reverse();
        }
        let (mut pages, mut next) = (Vec::new(), question.clone());
        loop {
            let page = next.page().await.expect("a page");
            pages.extend(page.events.iter().map(|event| event.sequence));
            if page.end {
                break;
            }
            next = question.clone().from(page.cursor.to_string().parse().expect("a cursor"));
        }
        assert_eq!(pages, expected, "{question:?}");
        let mut stream = question.events().await.expect("a stream");
        let most = usize::try_from(1 + random.below(200)).unwrap_or(1);
        assert_eq!(sequences(&mut stream, most).await, expected[..most.min(expected.len())], "{question:?}");
        let limited = question.clone().limit(3);
        assert_eq!(
            sequences(&mut limited.events().await.expect("a stream"), usize::MAX).await,
            expected[..expected.len().min(3)],
            "a limit is that of the whole stream"
        );
    }
}

fn an_event(random: &mut Random) -> Outgoing {
    let order = random.below(5);
    let event = match random.below(4) {
        0 => placed(order),
        1 => Outgoing::raw(CANCELED, &serde_json::json!({ "id": order.to_string() })),
        2 => product(&order.to_string()),
        _ => ping(order),
    };
    let event = event.source(random.pick(&SOURCES).expect("there are some"));
    match random.one_in(3) {
        true => event,
        false => event.header(headers::CORRELATION, random.pick(&CONVERSATIONS).expect("there are some")),
    }
}

type Wanted = Box<dyn Fn(&RecordedEvent) -> bool>;

fn a_question(bus: &Bus, random: &mut Random, all: &[Arc<RecordedEvent>]) -> (Log, bool, Wanted) {
    let mut question = bus.log();
    let mut wanted: Vec<Wanted> = Vec::new();
    match random.below(4) {
        0 => {
            question = question.on(PLACED);
            wanted.push(Box::new(|event| event.name.as_str() == PLACED));
        }
        1 => {
            question = question.on("order.*").on(PRODUCT);
            wanted.push(Box::new(|event| event.name.as_str() != PING));
        }
        _ => {}
    }
    if random.one_in(3) {
        let key = order_key(random.below(5));
        question = question.key(key.clone());
        wanted.push(Box::new(move |event| event.key.as_ref() == Some(&key)));
    }
    if random.one_in(4) {
        let source = *random.pick(&SOURCES).expect("there are some");
        question = question.source(source);
        wanted.push(Box::new(move |event| event.source.as_deref() == Some(source)));
    }
    if random.one_in(4) {
        let conversation = *random.pick(&CONVERSATIONS).expect("there are some");
        question = question.correlation(conversation);
        wanted.push(Box::new(move |event| event.headers.get(headers::CORRELATION) == Some(conversation)));
    }
    if random.one_in(3) {
        let after = random.below(all.len() as u64 + 3);
        question = question.after(after);
        wanted.push(Box::new(move |event| event.sequence > after));
    }
    if random.one_in(3) {
        let upto = random.below(all.len() as u64 + 3);
        question = question.upto(upto);
        wanted.push(Box::new(move |event| event.sequence <= upto));
    }
    let a_time = |random: &mut Random| random.pick(all).map_or_else(Timestamp::now, |event| event.stored);
    if random.one_in(5) {
        let since = a_time(random);
        question = question.since(since);
        wanted.push(Box::new(move |event| event.stored >= since));
    }
    if random.one_in(5) {
        let until = a_time(random);
        question = question.until(until);
        wanted.push(Box::new(move |event| event.stored < until));
    }
    let newest_first = random.one_in(2);
    if newest_first {
        question = question.newest_first();
    }
    (question, newest_first, Box::new(move |event| wanted.iter().all(|wanted| wanted(event))))
}

async fn sequences<E>(events: &mut Events<E>, most: usize) -> Vec<u64> {
    let mut found = Vec::new();
    while found.len() < most
        && let Some(event) = bounded("the stream goes on", events.next()).await
    {
        found.push(event.expect("the log can be read").sequence);
    }
    found
}

/// A stream that is dropped anywhere goes on at its cursor, in both directions, also in another process; a page at the end of the
/// log goes on with what comes.
pub async fn a_question_goes_on_at_its_cursor(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (bus, other) = (world.bus().await, world.bus().await);
    bus.publish_all((0..40).map(|number| placed(number % 3))).await.expect("all are published");
    for newest_first in [false, true] {
        let ask = |bus: &Bus| {
            let question = bus.log().key(order_key(1));
            if newest_first { question.newest_first() } else { question }
        };
        let whole = sequences(&mut ask(&bus).events().await.expect("a stream"), usize::MAX).await;
        assert_eq!(whole.len(), 13);
        for cut in 0..=whole.len() {
            let mut first = ask(&bus).events().await.expect("a stream");
            let mut found = sequences(&mut first, cut).await;
            let cursor: Cursor = first.cursor().to_string().parse().expect("a cursor");
            let mut rest = ask(&other).from(cursor).events().await.expect("a stream");
            found.extend(sequences(&mut rest, usize::MAX).await);
            assert_eq!(found, whole, "cut after {cut}");
        }
    }
    let page = bus.log().on(PRODUCT).page().await.expect("a page");
    assert!(page.end && page.events.is_empty());
    let next = publish(&bus, product("1")).await;
    let page = other.log().on(PRODUCT).from(page.cursor).page().await.expect("a page");
    assert_eq!(page.events.iter().map(|event| event.sequence).collect::<Vec<_>>(), [next]);
    let refused = bus.log().newest_first().from(page.cursor).page().await.expect_err("it goes the other way");
    assert!(refused.to_string().contains("newest_first"), "{refused}");
}

/// What is there and what comes while it is read, each once and in order, for all events and for those of a key; typed, where one
/// that does not decode holds up no other.
pub async fn a_follower_has_neither_gap_nor_repeat(harness: &dyn Harness) {
    const EVENTS: usize = 400;
    let world = World::new(harness).await;
    let (bus, other) = (world.bus().await, world.bus().await);
    let events = || (0..EVENTS).map(|number| placed(number % 4)).collect::<Vec<_>>();
    bus.publish_all(events()).await.expect("all are published");
    let publishes = async {
        for event in events() {
            publish(&other, event).await;
        }
    };
    let follow = async |question: Log, events: usize| {
        let mut stream = question.follow().await.expect("a stream");
        sequences(&mut stream, events).await
    };
    let (all, of_key, limited, ()) = tokio::join!(
        follow(bus.log(), 2 * EVENTS),
        follow(bus.log().key(order_key(3)), EVENTS / 2),
        follow(bus.log().limit(EVENTS + 10), usize::MAX),
        publishes
    );
    let last = world.last().await;
    let everything = world.everything().await;
    let expected: Vec<_> = everything.iter().map(|event| event.sequence).collect();
    assert_eq!(all, expected);
    assert_eq!(limited, expected[..EVENTS + 10]);
    let key = order_key(3);
    let expected = everything.iter().filter(|event| event.key.as_ref() == Some(&key));
    assert_eq!(of_key, expected.map(|event| event.sequence).collect::<Vec<_>>());

    let typed = bus.log().on(PING).of::<Body<BTreeMap<String, u64>>>().after(last);
    let mut stream = typed.follow().await.expect("a stream");
    append(&*world.log, Append::one(plain(r#"{"number":"seven"}"#))).await;
    publish(&other, ping(8)).await;
    let mut read = Vec::new();
    for _ in 0..2 {
        let event = bounded("the stream goes on", stream.next()).await.expect("it goes on").expect("it can be read");
        read.push(event.event().ok().and_then(|body| body.0.get("number").copied()));
    }
    assert_eq!(read, [None, Some(8)]);
    assert_eq!(typed.count().await.expect("they are counted"), 2);
}

/// While the log is away a follower says so and goes on when it is back; when it is closed, it ends.
pub async fn a_follower_goes_on_when_the_log_comes_back(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let faulty = FaultyBackend::new(world.handle().await);
    let (catalogs, _) = Catalogs::new([orders::catalog()], []);
    let bus = Bus::new(faulty.clone(), Arc::new(catalogs));
    let mut published = BTreeSet::from([publish(&bus, placed(1)).await]);
    let mut stream = bus.log().follow().await.expect("a stream");
    let mut found = sequences(&mut stream, 1).await;
    for (number, call) in [Call::Next, Call::Tail, Call::Read].into_iter().enumerate() {
        faulty.inject(Fault::fail(BackendErrorKind::Unavailable).on(call).times(1));
        if call != Call::Next {
            faulty.inject(Fault::fail(BackendErrorKind::Unavailable).on(Call::Next).times(1));
        }
        let mut failed = 0;
        published.insert(publish(&bus, placed(number)).await);
        while found.len() < published.len() {
            match bounded("the stream goes on", stream.next()).await.expect("it does not end") {
                Ok(event) => found.push(event.sequence),
                Err(error) => {
                    assert!(error.may_pass(), "{error}");
                    failed += 1;
                }
            }
        }
        assert!(failed > 0 || call == Call::Next, "{call:?}");
        faulty.clear();
    }
    assert_eq!(found, published.into_iter().collect::<Vec<_>>());
    faulty.inject(Fault::fail(BackendErrorKind::LogChanged).on(Call::Next));
    let error = bounded("it says so", async {
        loop {
            if let Some(Err(error)) = stream.next().await {
                return error;
            }
        }
    });
    assert_eq!(error.await.backend(), Some(BackendErrorKind::LogChanged));
    assert!(bounded("it ends", stream.next()).await.is_none());
}

/// Other programs publish without a key. Their events are found under the key that their catalog gives them, among those stored with
/// it: oldest and newest first, counted, and as they come.
pub async fn what_was_stored_without_a_key_is_found_under_that_of_its_catalog(harness: &dyn Harness) {
    let world = World::new(harness).await;
    if !world.log.abilities().foreign {
        return;
    }
    let bus = world.bus().await;
    let foreign = |order: usize| {
        let mut event = plain(format!(r#"{{"id":"{}"}}"#, order % 3));
        event.name = orders::name(PLACED);
        event
    };
    for number in 0..30 {
        append(&*world.log, Append::one(foreign(number))).await;
        publish(&bus, placed(number % 2)).await;
    }
    let all = world.everything().await;
    let of_one = |event: &RecordedEvent| event.body.as_ref() == br#"{"id":"1"}"#;
    let mut expected: Vec<_> = all.iter().filter(|event| of_one(event)).map(|event| event.sequence).collect();
    let question = bus.log().key(order_key(1));
    assert_eq!(question.count().await.expect("they are counted"), expected.len() as u64);
    let mut follower = question.follow().await.expect("a stream");
    assert_eq!(sequences(&mut follower, expected.len()).await, expected);
    append(&*world.log, Append::one(foreign(2))).await;
    append(&*world.log, Append::one(foreign(1))).await;
    let next = sequences(&mut follower, 1).await;
    assert_eq!(next, [world.last().await]);
    expected.extend(next);
    expected.reverse();
    let mut newest = question.clone().newest_first().events().await.expect("a stream");
    assert_eq!(sequences(&mut newest, usize::MAX).await, expected);
    let found = question.page().await.expect("a page");
    assert!(found.events.iter().all(|event| event.key.as_ref() == Some(&order_key(1))), "each says its key");
    let stored = world.log.read(Query::all().key(order_key(1))).await.expect("a page").events.len();
    assert!(stored < expected.len(), "the log itself knows some of them by no key");
}
