//! As much of the NATS protocol as a test needs to ask a server something without a client of ours: connect, request, reply.

use std::{
    fmt::Write as _,
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use serde_json::{Value, json};

/// How long a reply may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// One connection, used by one caller at a time.
#[derive(Debug)]
pub struct Wire {
    stream: BufReader<TcpStream>,
    requests: u64,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The status line of a reply that is none of a program's, such as 503 where nobody listens.
    pub status: Option<u16>,
    /// The body.
    pub body: Vec<u8>,
}

impl Wire {
    /// Connects to a server on the loopback, as nobody.
    ///
    /// # Errors
    /// When nobody answers there as a nats-server does.
    pub fn connect(port: u16) -> io::Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        let mut wire = Self { stream: BufReader::new(stream), requests: 0 };
        let greeting = wire.line()?;
        if !greeting.starts_with("INFO ") {
            return Err(io::Error::other(format!("a server that greets with `{greeting}`")));
        }
        let options = json!({
            "verbose": false, "pedantic": false, "headers": true, "no_responders": true, "name": "testkit", "lang": "rust",
            "version": "0", "protocol": 1,
        });
        wire.send(format!("CONNECT {options}\r\nSUB _INBOX.testkit.* 1\r\nPING\r\n").as_bytes())?;
        wire.until_pong()?;
        Ok(wire)
    }

    /// Sends a request and waits for its reply.
    ///
    /// # Errors
    /// When none comes in time, or the server says what is wrong.
    pub fn request(&mut self, subject: &str, headers: &[(&str, &str)], body: &[u8]) -> io::Result<Reply> {
        self.requests += 1;
        let inbox = format!("_INBOX.testkit.{}", self.requests);
        let mut head = String::new();
        if !headers.is_empty() {
            head.push_str("NATS/1.0\r\n");
            for (name, value) in headers {
                // Writing to a text does not fail.
                let _ = write!(head, "{name}: {value}\r\n");
            }
            head.push_str("\r\n");
        }
        let line = match head.len() {
            0 => format!("PUB {subject} {inbox} {}\r\n", body.len()),
            length => format!("HPUB {subject} {inbox} {length} {}\r\n", length + body.len()),
        };
        self.send(&[line.as_bytes(), head.as_bytes(), body, b"\r\n"].concat())?;
        loop {
            let line = self.line()?;
            if let Some((to, reply)) = self.message(&line)?
                && to == inbox
            {
                return Ok(reply);
            }
        }
    }

    /// Asks JetStream something: `STREAM.INFO.EVENTS`.
    ///
    /// # Errors
    /// As [`Wire::request`], and when the answer is no JSON.
    pub fn api(&mut self, call: &str, body: &Value) -> io::Result<Value> {
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let reply = self.request(&format!("$JS.API.{call}"), &[], &body)?;
        match reply.status {
            Some(status) => Err(io::Error::other(format!("status {status}"))),
            None => Ok(serde_json::from_slice(&reply.body)?),
        }
    }

    fn until_pong(&mut self) -> io::Result<()> {
        while self.line()? != "PONG" {}
        Ok(())
    }

    /// The message that a line announces, if it does, and where it was sent.
    fn message(&mut self, line: &str) -> io::Result<Option<(String, Reply)>> {
        let words: Vec<&str> = line.split(' ').collect();
        let number = |word: &str| word.parse::<usize>().map_err(io::Error::other);
        let (head, total) = match words[..] {
            ["MSG", .., total] => (0, number(total)?),
            ["HMSG", .., head, total] => (number(head)?, number(total)?),
            _ => return Ok(None),
        };
        let mut bytes = vec![0; total + 2];
        self.stream.read_exact(&mut bytes)?;
        bytes.truncate(total);
        let body = bytes.split_off(head);
        let status = String::from_utf8_lossy(&bytes);
        let status = status.strip_prefix("NATS/1.0 ").and_then(|rest| rest.get(..3)?.parse().ok());
        Ok(Some((words[1].to_owned(), Reply { status, body })))
    }

    /// The next line that is not about keeping the connection alive.
    fn line(&mut self) -> io::Result<String> {
        loop {
            let mut line = String::new();
            if self.stream.read_line(&mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let line = line.trim_end();
            match line {
                "PING" => self.send(b"PONG\r\n")?,
                _ if line.starts_with("-ERR") => return Err(io::Error::other(line.to_owned())),
                _ => return Ok(line.to_owned()),
            }
        }
    }

    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.get_mut().write_all(bytes)
    }
}
