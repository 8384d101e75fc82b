//! A Medusa of one page of code: a server on loopback that gives canned answers, and remembers what it was asked.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// What the stub answers on one path.
#[derive(Clone)]
pub enum Answer {
    /// A status, further header lines, and a body.
    Reply(u16, &'static str, String),
    /// Nothing: the connection stays open.
    Silence,
}

impl Answer {
    pub fn json(body: &str) -> Self {
        Answer::Reply(200, "content-type: application/json\r\n", body.to_owned())
    }

    pub fn status(status: u16) -> Self {
        Answer::Reply(status, "", r#"{"type":"stub","message":"as the test wants it"}"#.to_owned())
    }
}

/// One request as it came in.
#[derive(Debug, Clone)]
pub struct Asked {
    pub path: String,
    pub headers: HashMap<String, String>,
}

pub struct Stub {
    pub url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    serving: JoinHandle<()>,
}

impl Stub {
    /// Serves these answers by path and query; 404 as Medusa says it for everything else.
    pub async fn serve(answers: impl IntoIterator<Item = (&'static str, Answer)>) -> Self {
        let answers: Arc<HashMap<_, _>> = Arc::new(answers.into_iter().collect());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&asked);
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, Arc::clone(&answers), Arc::clone(&heard)));
            }
        });
        Self { url, asked, serving }
    }

    /// What it was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// The paths of what it was asked so far.
    pub fn paths(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.path).collect()
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn answer(stream: TcpStream, answers: Arc<HashMap<&'static str, Answer>>, asked: Arc<Mutex<Vec<Asked>>>) {
    let mut stream = BufReader::new(stream);
    let Some(request) = read_request(&mut stream).await else { return };
    let found = answers.get(request.path.as_str()).cloned();
    asked.lock().unwrap().push(request);
    match found.unwrap_or_else(|| Answer::status(404)) {
        Answer::Silence => std::future::pending().await,
        Answer::Reply(status, headers, body) => {
            let length = body.len();
            let head =
                format!("HTTP/1.1 {status} Stub\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n");
            // The client may have given up; then nobody is there to be told.
            let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
        }
    }
}

async fn read_request(stream: &mut BufReader<TcpStream>) -> Option<Asked> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => break,
            text => lines.push(text.to_owned()),
        }
    }
    let path = lines.first()?.split(' ').nth(1)?.to_owned();
    let headers = lines.iter().skip(1).filter_map(|line| line.split_once(':'));
    let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())).collect();
    Some(Asked { path, headers })
}
