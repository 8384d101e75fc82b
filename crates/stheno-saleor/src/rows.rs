//! Rows of Saleor's database: events as the program stores them, to be imported into a log.

use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::{Map, Value, json};
use stheno::{EventId, Key, OffsetTime, Outgoing, shown::shown};

use crate::{
    Id,
    codes::{Code, Group, UnknownCode},
    undocumented,
};

/// A row of the tables `order_orderevent` and `account_customerevent`: what was recorded, of whom, when.
///
/// ```
/// use stheno_saleor::{codes::Group, rows::Row};
///
/// let row: Row = serde_json::from_str(
///     r#"{"id": 7, "type": "payment_refunded", "date": "2019-05-06 10:00:00+00:00", "order_id": 52, "user_id": 1,
///         "parameters": {"amount": "16.80", "payment_id": "UGF5", "payment_gateway": "dummy"}}"#,
/// )
/// .unwrap();
/// let event = row.into_event(Group::Order).unwrap(); // `saleor.order.refunded`, which happened then
/// # let _ = event;
/// ```
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The primary key, which tells the rows of one table apart; undocumented, and in the program's tables.
    pub id: Option<Id>,
    /// The code, as [`Code::parse`] reads it.
    pub r#type: String,
    /// When it happened. PostgreSQL's `2019-05-06 10:00:00+00` is read, too.
    #[serde(default, deserialize_with = "read_date")]
    pub date: Option<OffsetTime>,
    /// The order, if it is of one.
    pub order_id: Option<Id>,
    /// Who did it, or whom it is of.
    pub user_id: Option<Id>,
    /// Whatever is stored with it; null is read as nothing. Saleor writes amounts as texts: one that is a number here has no
    /// more digits than a binary number of 64 bits holds.
    #[serde(default, deserialize_with = "read_parameters")]
    pub parameters: Map<String, Value>,
    /// Columns that nobody documented, such as `app_id`; they become fields of the event that nobody documented.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

fn read_parameters<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Map<String, Value>, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// A time as JSON and as PostgreSQL write it, which leaves out the minutes of the offset where there are none.
fn read_date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<OffsetTime>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    let read =
        serde_json::from_value(text.as_str().into()).or_else(|error| format!("{text}:00").parse().map_err(|_| error));
    read.map(Some).map_err(de::Error::custom)
}

/// The most of a column's name that is shown.
const COLUMN: usize = 80;

/// A row that is no event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RowError {
    /// The type is the code of no event of the group.
    #[error(transparent)]
    Code(#[from] UnknownCode),
    /// A column and a parameter have one name and say different things: in the event there is one place for both.
    #[error(
        "the column `{}` is also a parameter, and says something else; rename it, or take it out of `extra`",
        shown(.0).within(COLUMN)
    )]
    Twice(String),
}

impl Row {
    /// The event of the row: ids, parameters and columns that nobody documented side by side, at the time of the row; without
    /// one, at the time it is stored. An author or user that the row does not name is null. The bus checks the parameters
    /// when it is published.
    ///
    /// A row that is imported twice is one event, by what identifies it. That is its primary key
    /// (`saleor-order-event-7`). Saleor's documentation has none, so of a row without one it is all that the row says:
    /// its event, time, order, user, parameters and further columns. Without a time it is nothing: the event is a new one each time. A
    /// row does not say of which shop it is. For a log of several shops, and for rows that are different although they
    /// say the same, give ids of your own:
    /// `row.into_event(group)?.id("..")`.
    ///
    /// # Errors
    /// [`RowError`] when the type is the code of no event of the group, or a column contradicts a parameter. A primary key that is no part of an id (up
    /// to 200 characters of printable ASCII without spaces) is refused by the bus.
    pub fn into_event(self, group: Group) -> Result<Outgoing, RowError> {
        let name = Code::parse(group, &self.r#type)?.name();
        let id = self.event_id(group, name);
        let date = self.date.clone();
        let event = Outgoing::raw(name, &Value::Object(self.body()?)).as_received();
        Ok(dated(with_id(event, id), date))
    }

    /// The same of any row: one whose type is the code of no documented event, or in which a column contradicts a parameter, has
    /// a name of its own, `saleor.undocumented.order.tracking_updated`, and the key of its order or customer. Its body is as that
    /// of other rows; after a contradiction it is the whole row. Subscribe to `saleor.undocumented.*.*` for those.
    ///
    /// ```
    /// use stheno_saleor::{codes::Group, rows::Row};
    ///
    /// let row = r#"{"type": "tracking_updated", "order_id": 52, "parameters": {"tracking_number": "1", "fulfillment": "52-1"}}"#;
    /// let row: Row = serde_json::from_str(row).unwrap();
    /// assert!(row.clone().into_event(Group::Order).is_err());
    /// let event = row.into_any_event(Group::Order); // to be published
    /// # let _ = event;
    /// ```
    pub fn into_any_event(self, group: Group) -> Outgoing {
        let row = self.clone();
        match self.into_event(group) {
            Ok(event) => event,
            Err(_) => row.undocumented(group),
        }
    }

    fn undocumented(self, group: Group) -> Outgoing {
        let name = undocumented::name_of(&group.to_string(), &self.r#type);
        let key = match group {
            Group::Customer => self.user_id.as_ref().map(|user| ("saleor.user", user)),
            Group::Order | Group::Communication => self.order_id.as_ref().map(|order| ("saleor.order", order)),
        };
        let key = key.and_then(|(kind, id)| Key::new(kind, &id.to_string()).ok());
        // A primary key that is no part of an id is in the body.
        let id = self.event_id(group, &name).filter(|id| EventId::new(id).is_ok());
        let date = self.date.clone();
        let whole = || json!(self);
        let body = self.clone().body().map_or_else(|_| whole(), Value::Object);
        let event = Outgoing::undocumented(&name, body.to_string());
        dated(with_id(undocumented::with_key(event, key), id), date)
    }

    /// Ids, parameters and columns that nobody documented, side by side.
    fn body(self) -> Result<Map<String, Value>, RowError> {
        let mut body = self.parameters;
        let ids = [("order_id", self.order_id), ("user_id", self.user_id)];
        let ids = ids.into_iter().filter_map(|(name, id)| Some((name.to_owned(), value_of(id?))));
        // A date without an offset is no time of an event, and is kept as it is.
        let date = self.date.filter(|date| !date.has_offset());
        let date = date.map(|date| ("date".to_owned(), date.as_str().into()));
        for (name, value) in ids.chain(date).chain(self.extra) {
            if body.get(&name).is_some_and(|known| *known != value && !known.is_null()) {
                return Err(RowError::Twice(name));
            }
            body.insert(name, value);
        }
        Ok(body)
    }

    /// What identifies the event, if anything does.
    fn event_id(&self, group: Group, name: &str) -> Option<String> {
        if let Some(key) = self.id.as_ref().filter(|key| !key.is_empty()) {
            return Some(format!("saleor-{group}-event-{key}"));
        }
        let time = self.date.as_ref()?.timestamp().as_micros();
        let mut said = json!([name, time, self.order_id, self.user_id, self.parameters]);
        if let (Some(all), false) = (said.as_array_mut(), self.extra.is_empty()) {
            all.push(Value::Object(self.extra.clone()));
        }
        // The order of the fields depends on how serde_json is built, and on the one who exported the row.
        said.sort_all_objects();
        Some(EventId::derived(&format!("saleor-row/{said}")).to_string())
    }
}

fn with_id(event: Outgoing, id: Option<String>) -> Outgoing {
    match id {
        Some(id) => event.id(&id),
        None => event,
    }
}

/// The event at its time; a time without an offset is not known well enough.
fn dated(event: Outgoing, date: Option<OffsetTime>) -> Outgoing {
    match date.filter(OffsetTime::has_offset) {
        Some(date) => event.time(date.timestamp()),
        None => event,
    }
}

fn value_of(id: Id) -> Value {
    match id {
        Id::Text(text) => text.into(),
        Id::Number(number) => number.into(),
    }
}

/// Parameters may hold notes and addresses: they are not shown.
impl std::fmt::Debug for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Row").field("type", &self.r#type).field("date", &self.date).finish_non_exhaustive()
    }
}
