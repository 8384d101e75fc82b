//! The table: what is compared with what, and what it has to come to.

use crate::nats::{
    log::Log,
    side::{Sending, Side},
    suite::{Metric, Row, Run},
};

const ONE: Side = Side::OursConsume { subscribers: 1 };
const TASKS: Side = Side::Tasks { callers: 256, keyed: false };
const SECOND: u64 = 1_000;

/// Rows that share runs, group by group.
pub fn all() -> Vec<Vec<Row>> {
    vec![
        consume(),
        large(),
        headers(),
        ten(),
        behind(),
        publish(),
        publish_large(),
        synced(256),
        synced(1_000),
        latency(),
        writes(),
    ]
}

fn consume() -> Vec<Row> {
    let row = |case, reference, floor| rate(case, on(ONE, Log::Lean), on(reference, Log::Lean), floor);
    vec![
        row("consume, against a durable pull, ack each", Side::Durable, 1.8),
        row("consume, against an ordered pull that only decodes", Side::Ordered { push: false }, 0.8),
        row("consume, against an ordered push that only decodes", Side::Ordered { push: true }, 0.8),
        row("consume, against double_ack with 256 in flight", Side::DoubleAck, 2.5),
    ]
}

fn large() -> Vec<Row> {
    let row = |case, reference, floor| rate(case, on(ONE, Log::Large), on(reference, Log::Large), floor);
    vec![
        row("consume 5 KB, against a durable pull, ack each", Side::Durable, 1.0),
        row("consume 5 KB, against an ordered pull that only decodes", Side::Ordered { push: false }, 0.8),
    ]
}

fn headers() -> Vec<Row> {
    let (six, lean) = (on(ONE, Log::CloudEvents), on(ONE, Log::Lean));
    vec![
        rate(
            "consume, six headers of another program, against a durable pull, ack each",
            on(ONE, Log::Foreign),
            on(Side::Durable, Log::Foreign),
            1.3,
        ),
        rate("consume, lean headers against CloudEvents headers, both ours", lean, six, 1.25),
    ]
}

fn ten() -> Vec<Row> {
    vec![rate(
        "consume, ten subscribers against ten durables",
        on(Side::OursConsume { subscribers: 10 }, Log::Lean),
        on(Side::TenDurables, Log::Lean),
        6.0,
    )]
}

fn behind() -> Vec<Row> {
    let row = rate(
        "consume, catching up while another subscriber is at the head, against alone, both ours",
        on(Side::OursBehind, Log::Lean),
        on(ONE, Log::Lean),
        0.5,
    );
    vec![Row { floor: None, ..row }]
}

fn publish() -> Vec<Row> {
    let (lean, six) = (ours_publish(256, Sending::Default), ours_publish(256, Sending::CloudEvents));
    vec![
        rate("publish, 256 tasks against 256 tasks", on(lean, Log::Empty), on(TASKS, Log::Empty), 1.0),
        Row {
            floor: None,
            ..rate(
                "publish, 256 tasks against 256 tasks that give each event the subject of its key",
                on(lean, Log::Empty),
                on(Side::Tasks { callers: 256, keyed: true }, Log::Empty),
                1.0,
            )
        },
        rate(
            "publish, lean headers against CloudEvents headers, both ours",
            on(lean, Log::Empty),
            on(six, Log::Empty),
            1.05,
        ),
    ]
}

fn publish_large() -> Vec<Row> {
    let lean = ours_publish(256, Sending::Default);
    vec![rate("publish 5 KB, 256 tasks against 256 tasks", on(lean, Log::EmptyLarge), on(TASKS, Log::EmptyLarge), 1.0)]
}

fn synced(callers: u64) -> Vec<Row> {
    let (gathered, single) = (ours_publish(callers, Sending::GroupCommit), ours_publish(callers, Sending::Default));
    vec![rate(
        &format!("publish, sync_interval always, {callers} callers, group commit against none"),
        on(gathered, Log::Synced),
        on(single, Log::Synced),
        5.0,
    )]
}

fn latency() -> Vec<Row> {
    let row = |case: &str, what, floor| Row {
        case: case.to_owned(),
        metric: Metric::Further(what, "us"),
        ours: on(Side::OursLatency { rate: SECOND }, Log::Paced),
        reference: Some(on(Side::Latency { rate: SECOND }, Log::Paced)),
        floor: Some(floor),
    };
    vec![
        row("publish to handler at 1,000/s, median", "p50", 1.15),
        row("publish to handler at 1,000/s, 99th percentile", "p99", 1.5),
    ]
}

fn writes() -> Vec<Row> {
    let row = |(rate, shown): (u64, &str)| Row {
        case: format!("server writes per handled event at {shown}/s, its own included"),
        metric: Metric::Further("writes", "writes"),
        ours: on(Side::OursWrites { rate }, Log::Paced),
        reference: None,
        floor: None,
    };
    [(10, "10"), (1_000, "1,000"), (50_000, "50,000")].map(row).into()
}

fn ours_publish(callers: u64, sending: Sending) -> Side {
    Side::OursPublish { callers, sending }
}

fn on(side: Side, log: Log) -> Run {
    Run { side, log }
}

fn rate(case: &str, ours: Run, reference: Run, floor: f64) -> Row {
    Row { case: case.to_owned(), metric: Metric::Rate, ours, reference: Some(reference), floor: Some(floor) }
}
