//! One request to the admin API: who we are, how long it may take, and what each status means for a retry.

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use serde::de::DeserializeOwned;
use ureq::{
    Agent,
    http::{HeaderMap, StatusCode, Uri},
};

use crate::{CommerceError, CommerceErrorKind};

/// Most bytes of an answer; an order of a thousand lines has about 2 MB.
const MAX_ANSWER: u64 = 8 * 1024 * 1024;

/// Where the admin API is, and who asks.
#[derive(Clone)]
pub(super) struct AdminApi {
    agent: Agent,
    url: String,
    token: String,
}

impl AdminApi {
    pub(super) fn new(url: &str, token: &str, timeout: Duration) -> Result<Self, CommerceError> {
        // A variable may have said it, and those are not shown.
        let refused =
            |what: &str| CommerceError::new(CommerceErrorKind::Refused, format!("the address of Medusa {what}"));
        let form = "write it as `http://localhost:9000`";
        let parsed: Uri = url.parse().map_err(|error| refused(&format!("is none; {form}")).because(error))?;
        match parsed.scheme_str() {
            Some("http") => {}
            Some("https") if cfg!(feature = "tls") => {}
            Some("https") => {
                return Err(refused("begins with `https`, which needs the feature `tls` of the crate `commerce`"));
            }
            _ => return Err(refused(&format!("has no scheme; {form}"))),
        }
        if parsed.host().is_none_or(str::is_empty) || parsed.query().is_some() {
            return Err(refused(&format!("has no host, or a query; {form}")));
        }
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            let message = "the API token is empty, or has a space or a line break in it";
            return Err(CommerceError::new(CommerceErrorKind::Refused, message));
        }
        Ok(Self { agent: agent(timeout), url: url.trim_end_matches('/').to_owned(), token: token.to_owned() })
    }

    pub(super) fn timeout(mut self, timeout: Duration) -> Self {
        self.agent = agent(timeout);
        self
    }

    /// One thing by its id.
    pub(super) async fn get_one<T>(&self, what: &'static str, route: &str, id: &str) -> Result<T, CommerceError>
    where
        T: DeserializeOwned + Send + 'static,
    {
        check_id(what, id)?;
        let found = self.get(what, format!("/admin/{route}/{id}")).await;
        found.map_err(|error| match error.kind() {
            CommerceErrorKind::NotFound => CommerceError::not_found(what, id),
            _ => error,
        })
    }

    /// One request. It runs on a thread that may block; a caller who gives up leaves it to its own time-out.
    pub(super) async fn get<T>(&self, what: &'static str, path: String) -> Result<T, CommerceError>
    where
        T: DeserializeOwned + Send + 'static,
    {
        let api = self.clone();
        let asked = tokio::task::spawn_blocking(move || api.ask(what, &path)).await;
        asked.unwrap_or_else(|error| Err(unavailable(what, "the request was given up", None).because(error)))
    }

    fn ask<T: DeserializeOwned>(&self, what: &str, path: &str) -> Result<T, CommerceError> {
        let request = self.agent.get(format!("{}{path}", self.url));
        // Up to 1.16 an API token is a bearer token, from 1.17 on it has a header of its own; each ignores the other.
        let request = request.header("authorization", format!("Bearer {}", self.token));
        let request = request.header("x-medusa-access-token", &self.token).header("accept", "application/json");
        let mut response = request.call().map_err(|error| unreachable_shop(what, error))?;
        if let Some(error) = refusal(what, response.status(), response.headers()) {
            return Err(error);
        }
        let body = response.body_mut().with_config().limit(MAX_ANSWER).read_to_vec();
        let body = body.map_err(|error| unreachable_shop(what, error))?;
        read(what, &body)
    }
}

impl fmt::Debug for AdminApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AdminApi").field("url", &self.url).finish_non_exhaustive()
    }
}

fn agent(timeout: Duration) -> Agent {
    let config = Agent::config_builder().http_status_as_error(false).timeout_global(Some(timeout));
    // Neither a redirect nor a proxy of the environment is given the token.
    config.max_redirects(0).max_redirects_will_error(false).proxy(None).build().into()
}

/// Refuses an id that is none of Medusa's: `../users` must not become another route.
pub(super) fn check_id(what: &str, id: &str) -> Result<(), CommerceError> {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    match !id.is_empty() && id.bytes().all(legal) {
        true => Ok(()),
        false => Err(CommerceError::not_found(what, id)),
    }
}

/// What a status other than success means.
fn refusal(what: &str, status: StatusCode, headers: &HeaderMap) -> Option<CommerceError> {
    let code = status.as_u16();
    let refused = |message: String| CommerceError::new(CommerceErrorKind::Refused, message);
    match code {
        200..=299 => None,
        300..=399 => Some(refused(format!(
            "Medusa answers {code} for the {what}: a redirect; is the address the one of its API?"
        ))),
        401 => Some(refused(format!("Medusa does not know the API token (401 for the {what}); set a valid one"))),
        403 => Some(refused(format!("the user of the API token may not read the {what} (403); give it the right to"))),
        404 => Some(CommerceError::new(CommerceErrorKind::NotFound, format!("the shop has no such {what}"))),
        // Another request was in the way, or there were too many of them.
        408 | 409 | 425 | 429 | 500.. => {
            Some(unavailable(what, &format!("Medusa answers {code}"), retry_after(headers, SystemTime::now())))
        }
        _ => Some(refused(format!("Medusa answers {code} for the {what}; is it version 1?"))),
    }
}

/// `Retry-After`, as seconds or as a date.
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = headers.get("retry-after")?.to_str().ok()?.trim();
    match value.parse::<u64>() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => Some(httpdate::parse_http_date(value).ok()?.duration_since(now).unwrap_or(Duration::ZERO)),
    }
}

fn unavailable(what: &str, problem: &str, retry_after: Option<Duration>) -> CommerceError {
    CommerceError::new(CommerceErrorKind::Unavailable { retry_after }, format!("{problem}, asked for the {what}"))
}

fn unreachable_shop(what: &str, error: ureq::Error) -> CommerceError {
    let problem = match error {
        ureq::Error::Timeout(_) => "Medusa does not answer in time",
        _ => "Medusa cannot be reached",
    };
    unavailable(what, problem, None).because(error)
}

/// Reads an answer. The error says where it is wrong, and not what stands there: that may be about a person.
fn read<T: DeserializeOwned>(what: &str, body: &[u8]) -> Result<T, CommerceError> {
    let mut json = serde_json::Deserializer::from_slice(body);
    serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let message =
            format!("Medusa's answer for the {what} is not understood at `{}`; is it version 1?", error.path());
        CommerceError::new(CommerceErrorKind::Unreadable, message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(retry_after: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("retry-after", retry_after.parse().unwrap());
        headers
    }

    #[test]
    fn retry_after_is_read_as_seconds_and_as_a_date() {
        let now = httpdate::parse_http_date("Sun, 22 Nov 2026 10:00:00 GMT").unwrap();
        assert_eq!(retry_after(&headers("7"), now), Some(Duration::from_secs(7)));
        let date = headers("Sun, 22 Nov 2026 10:01:00 GMT");
        assert_eq!(retry_after(&date, now), Some(Duration::from_secs(60)));
        assert_eq!(retry_after(&date, now + Duration::from_secs(90)), Some(Duration::ZERO));
        assert_eq!(retry_after(&headers("soon"), now), None);
    }

    #[test]
    fn an_address_or_token_that_cannot_work_is_refused_at_once() {
        let kind = |url: &str, token: &str| AdminApi::new(url, token, Duration::from_secs(1)).unwrap_err().kind();
        assert_eq!(kind("localhost:9000", "t"), CommerceErrorKind::Refused);
        assert_eq!(kind("ftp://localhost", "t"), CommerceErrorKind::Refused);
        assert_eq!(kind("http://localhost:9000", ""), CommerceErrorKind::Refused);
        assert_eq!(kind("http://localhost:9000", "a\r\nb"), CommerceErrorKind::Refused);
    }

    #[test]
    fn an_id_cannot_become_another_route() {
        assert!(check_id("order", "order_01H8X4Q2K596NGYA1DQ91K5GQA").is_ok());
        for id in ["", "..", "../users", "a/b", "a?b", "a%2Fb", "a b"] {
            assert_eq!(check_id("order", id).unwrap_err().kind(), CommerceErrorKind::NotFound, "{id}");
        }
    }

    #[test]
    fn debug_output_does_not_show_the_token() {
        let api = AdminApi::new("http://localhost:9000/", "s3cret", Duration::from_secs(1)).unwrap();
        assert!(!format!("{api:?}").contains("s3cret"));
    }
}
