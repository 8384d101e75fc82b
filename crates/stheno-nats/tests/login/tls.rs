//! Certificates, made for each test.

use std::{io::Read as _, net::TcpListener, path::Path};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair};
use stheno_core::backend::BackendErrorKind;
use stheno_nats::{NatsBackend, NatsOptions};
use stheno_testkit::nats::{NatsServer, NatsServerOptions};

use crate::{refused, says, works, write};

/// An authority whose certificates lie in a folder.
struct Authority {
    folder: tempfile::TempDir,
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new([]).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "test authority");
        let key = KeyPair::generate().expect("a key");
        let issuer = CertifiedIssuer::self_signed(params, key).expect("a certificate");
        let folder = tempfile::tempdir().expect("a folder");
        write(folder.path(), "ca.pem", &issuer.pem());
        let authority = Self { folder, issuer };
        authority.issue("server", "127.0.0.1", ExtendedKeyUsagePurpose::ServerAuth);
        authority.issue("client", "shop@example.com", ExtendedKeyUsagePurpose::ClientAuth);
        authority
    }

    fn issue(&self, name: &str, subject: &str, purpose: ExtendedKeyUsagePurpose) {
        let mut params = CertificateParams::new([subject.to_owned()]).expect("a legal name");
        params.distinguished_name.push(DnType::CommonName, name);
        params.extended_key_usages.push(purpose);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        write(self.folder.path(), &format!("{name}.pem"), &certificate.pem());
        write(self.folder.path(), &format!("{name}-key.pem"), &key.serialize_pem());
    }

    fn file(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// A server with a certificate of this authority.
    fn server(&self, further: &str) -> NatsServer {
        let [ca, certificate, key] = ["ca.pem", "server.pem", "server-key.pem"].map(|name| self.file(name));
        let tls = format!("tls {{ cert_file: \"{certificate}\", key_file: \"{key}\", ca_file: \"{ca}\", {further} }}");
        NatsServerOptions::new().config(&tls).start()
    }

    /// Trusts this authority.
    fn ca(&self) -> String {
        format!("ca={}", self.file("ca.pem"))
    }

    /// Shows a client certificate of this authority.
    fn client(&self) -> String {
        format!("cert={}&key={}", self.file("client.pem"), self.file("client-key.pem"))
    }
}

fn at(server: &NatsServer, rest: &str) -> NatsOptions {
    let address = server.url().replace("nats://", "tls://");
    NatsOptions::from_url(&format!("{address}/?{rest}")).expect("a legal address")
}

#[tokio::test]
async fn a_server_is_trusted_by_its_authority_alone() {
    let [authority, stranger] = [Authority::new(), Authority::new()];
    let server = authority.server("");
    works(at(&server, &authority.ca())).await;
    for (rest, word) in [(stranger.ca(), "not trusted"), (String::new(), "not trusted")] {
        let error = NatsBackend::open(at(&server, &rest)).await.expect_err("it is a stranger");
        assert_eq!(error.kind(), BackendErrorKind::Address, "{error:?}");
        says(&error, &[word, "`ca=`"], &[]);
    }
    let error = NatsBackend::open(at(&server, "ca=missing.pem")).await.expect_err("there is no such file");
    assert_eq!(error.kind(), BackendErrorKind::Address, "{error:?}");
    says(&error, &["missing.pem"], &[]);
}

#[tokio::test]
async fn a_client_is_known_by_its_certificate() {
    let [authority, stranger] = [Authority::new(), Authority::new()];
    let server = authority.server("verify: true");
    works(at(&server, &format!("{}&{}", authority.ca(), authority.client()))).await;
    refused(at(&server, &authority.ca()), &["client certificate", "`cert=`"], &[]).await;
    let other = format!("{}&{}", authority.ca(), stranger.client());
    refused(at(&server, &other), &["client certificate", "client.pem"], &["PRIVATE"]).await;
}

#[tokio::test]
async fn tls_from_the_first_byte_on() {
    let authority = Authority::new();
    // The server waits as long for a client that begins, before it greets as usual.
    let server = authority.server("handshake_first: \"300ms\"");
    works(at(&server, &format!("{}&tls_first=true", authority.ca()))).await;

    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let address = listener.local_addr().expect("an address");
    let first = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        let mut byte = [0];
        stream.read_exact(&mut byte).map(|()| byte[0])
    });
    let options = NatsOptions::from_url(&format!("tls://{address}/?{}&tls_first=true", authority.ca()));
    NatsBackend::open(options.expect("a legal address")).await.expect_err("nobody answers there");
    let first = first.join().expect("the thread ends").expect("the client speaks first");
    assert_eq!(first, 0x16, "a handshake of TLS begins so");
    assert!(Path::new(&authority.file("ca.pem")).exists());
}
