//! Events as rows, both ways.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use rusqlite::{
    Row,
    types::{FromSqlError, Type, ValueRef},
};
use stheno_core::{EventId, Headers, Key, RecordedEvent, Timestamp};

use crate::{column::checked, names::Names};

/// The columns of an event, in the order [`Decoder::event`] reads them. The body comes last, as in the table.
pub(crate) const COLUMNS: &str = "sequence, name, stored, time, id, key, source, headers, body";

/// Makes events of rows, and shares what repeats from row to row.
pub(crate) struct Decoder<'n> {
    names: &'n Names,
    /// The source of the row before: most logs have one or two.
    source: Option<Arc<str>>,
    /// Bodies of one page stand in few allocations; each event has its slice.
    bodies: BytesMut,
}

/// How much room for bodies is taken at once.
const BODIES: usize = 32 * 1024;

impl<'n> Decoder<'n> {
    pub(crate) fn new(names: &'n Names) -> Self {
        Self { names, source: None, bodies: BytesMut::new() }
    }

    pub(crate) fn event(&mut self, row: &Row<'_>) -> rusqlite::Result<RecordedEvent> {
        let stored = row.get_ref(2)?.as_i64()?;
        let time = row.get_ref(3)?.as_i64_or_null()?.unwrap_or(stored);
        let source = row.get_ref(6)?.as_str_or_null()?.map(|text| self.share_source(text));
        let sequence = row.get_ref(0)?.as_i64()?;
        // Delivery records ids and keys, and refuses records with others. So an event that somebody else wrote is refused here.
        let id = checked(4, sequence, EventId::new(row.get_ref(4)?.as_str()?))?;
        let key = row.get_ref(5)?.as_str_or_null()?.map(Key::parse);
        let key = key.map(|key| checked(5, sequence, key)).transpose()?;
        Ok(RecordedEvent::from_stored(
            sequence.cast_unsigned(),
            id.into(),
            self.names.name(row.get_ref(1)?.as_i64()?)?,
            key.map(Arc::from),
            source,
            Timestamp::from_micros(time),
            Timestamp::from_micros(stored),
            headers_of(row.get_ref(7)?)?,
            self.body(row.get_ref(8)?.as_blob()?),
        ))
    }

    fn body(&mut self, body: &[u8]) -> Bytes {
        if body.len() > BODIES / 8 {
            return Bytes::copy_from_slice(body);
        }
        if self.bodies.capacity() < body.len() {
            self.bodies = BytesMut::with_capacity(BODIES);
        }
        self.bodies.extend_from_slice(body);
        self.bodies.split().freeze()
    }

    fn share_source(&mut self, text: &str) -> Arc<str> {
        match &self.source {
            Some(source) if **source == *text => Arc::clone(source),
            _ => Arc::clone(self.source.insert(text.into())),
        }
    }
}

/// Headers as one text: `name:value` lines. A name has no colon and a value no line break, so nothing needs escaping.
pub(crate) fn headers_text(headers: &Headers) -> Option<String> {
    if headers.is_empty() {
        return None;
    }
    let mut text = String::new();
    for (name, value) in headers.iter() {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(name);
        text.push(':');
        text.push_str(value);
    }
    Some(text)
}

fn headers_of(value: ValueRef<'_>) -> rusqlite::Result<Headers> {
    let mut headers = Headers::new();
    let Some(text) = value.as_str_or_null()? else { return Ok(headers) };
    for line in text.split('\n') {
        let (name, value) = line.split_once(':').ok_or(FromSqlError::InvalidType)?;
        let set = headers.set(name, value);
        set.map_err(|error| rusqlite::Error::FromSqlConversionFailure(7, Type::Text, error.into()))?;
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_come_back_in_order() {
        let mut headers = Headers::new();
        headers.set("traceparent", "00-abc-def-01").unwrap();
        headers.set("x-url", "https://shop.example/?a=b:c").unwrap();
        headers.set("x-empty", "").unwrap();
        let text = headers_text(&headers).unwrap();
        assert_eq!(headers_of(ValueRef::Text(text.as_bytes())).unwrap(), headers);
    }

    #[test]
    fn no_headers_are_no_text() {
        assert_eq!(headers_text(&Headers::new()), None);
        assert_eq!(headers_of(ValueRef::Null).unwrap(), Headers::new());
    }

    #[test]
    fn a_text_that_is_no_headers_is_an_error() {
        for text in ["no colon", "a b:value", ""] {
            assert!(headers_of(ValueRef::Text(text.as_bytes())).is_err(), "{text:?}");
        }
    }
}
