"""A mail server for tests: keeps what it takes in a directory, and refuses who the test wants it to refuse.

The local part of an address says what happens: nobody@ is refused for good, busy@ for now, relents@ the first time only.
"""

import asyncio
import hashlib
import pathlib
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult


class Handler:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.relented = set()

    async def handle_RCPT(self, server, session, envelope, address, options):
        local = address.split("@")[0]
        if local == "nobody":
            return f"550 5.1.1 <{address}>: Recipient address rejected: User unknown"
        if local == "busy" or (local == "relents" and address not in self.relented):
            self.relented.add(address)
            return f"451 4.3.2 <{address}>: try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        name = hashlib.sha256(envelope.content).hexdigest()[:16]
        head = f"X-Envelope: {envelope.mail_from} {','.join(envelope.rcpt_tos)}\r\n".encode()
        (self.folder / f"{name}.eml").write_bytes(head + envelope.content)
        return "250 taken"


def authenticate(server, session, envelope, mechanism, login):
    """One user is known: store, whose password is secret."""
    known = getattr(login, "login", None) == b"store" and getattr(login, "password", None) == b"secret"
    return AuthResult(success=known, handled=known)


def encryption():
    """The certificate is for 127.0.0.1 and localhost, signed by the authority in tls/ca.pem, and of no use elsewhere."""
    folder = pathlib.Path(__file__).parent / "tls"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem", folder / "server-key.pem")
    return context


async def main(folder, *options):
    loop = asyncio.get_running_loop()
    handler = Handler(folder)
    starttls = encryption() if "--starttls" in options else None
    make = lambda: SMTP(
        handler,
        loop=loop,
        auth_required="--auth" in options,
        auth_require_tls=True,
        authenticator=authenticate,
        tls_context=starttls,
        require_starttls=starttls is not None,
    )
    server = await loop.create_server(make, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    # Ends with the test that started it: its end of our standard input closes.
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


asyncio.run(main(*sys.argv[1:]))
