//! What the attributes of fields may not say, and what they have to.

use stheno::prelude::*;

struct LineItem;

#[derive(Payload)]
struct NoExample {
    id: String,
}

#[derive(Payload)]
struct UnknownType {
    item: Option<LineItem>,
}

#[derive(Payload)]
struct UnknownKind {
    #[field(kind = "text")]
    item: Option<LineItem>,
}

#[derive(Payload)]
struct UnknownOption {
    #[field(secrte)]
    token: Option<String>,
}

#[derive(Payload)]
struct SameName {
    message: Option<String>,
    #[field(alias = "message")]
    nessage: Option<String>,
}

#[derive(Payload)]
struct TwoRooms {
    #[field(extra)]
    extra: Extra,
    #[field(extra)]
    others: Extra,
}

#[derive(Payload)]
struct Personal {
    #[field(personal)]
    token: Option<Secret<String>>,
}

#[derive(Payload)]
struct Both {
    #[field(secret, personal)]
    token: Option<String>,
}

#[derive(Payload)]
struct Constructor {
    new: Option<bool>,
}

fn main() {}
