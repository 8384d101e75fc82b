"""Writes vectors.json: signatures made with Python's hmac and with `cryptography` (OpenSSL).

    pip install cryptography && python3 make.py

Each run makes new keys; no private key is kept. What the tests expect of a case is its `expect`.
"""

import base64
import hashlib
import hmac
import json
import pathlib

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

HERE = pathlib.Path(__file__).parent
BODIES = [
    b"",
    b"{}",
    b'{"notify_event": "order_confirmation", "payload": {"site_name": "Saleor e-commerce"}}',
    "{\"name\": \"Gr\u00fc\u00dfe \u2713\"}\r\n".encode(),
    bytes(range(256)),
    b"x" * 9_000,
]


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def compact(value) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def number(value: int) -> str:
    return b64(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def jwk(key, **more) -> dict:
    public = key.public_key().public_numbers()
    fields = {"e": number(public.e), "kty": "RSA", "n": number(public.n)}
    # RFC 7638: the thumbprint is the hash of these three in this order.
    kid = b64(hashlib.sha256(compact(fields)).digest())
    return {**fields, "key_ops": ["verify"], "use": "sig", "kid": kid, **more}


def jws(key, body: bytes, header: dict, hash_=hashes.SHA256()) -> str:
    protected = b64(compact(header))
    signed = protected.encode() + b"." + body
    return protected + ".." + b64(key.sign(signed, padding.PKCS1v15(), hash_))


def header(kid: str, **more) -> dict:
    return {"alg": "RS256", "b64": False, "crit": ["b64"], "kid": kid, "typ": "JWT", **more}


def main() -> None:
    first, second, stranger, weak = (rsa.generate_private_key(65537, bits) for bits in (2048, 4096, 2048, 1024))
    keys = {"keys": [jwk(first), jwk(second)]}
    kid, other_kid = (key["kid"] for key in keys["keys"])
    body = BODIES[2]
    good = jws(first, body, header(kid))
    protected, _, signature = good.split(".")
    pem = first.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)

    cases = []

    def case(name: str, value: str, expect: str, body: bytes = body, keys=None) -> None:
        cases.append({"name": name, "body": b64(body), "value": value, "expect": expect, **({"keys": keys} if keys else {})})

    for index, other in enumerate(BODIES):
        case(f"body {index}, 2048 bits", jws(first, other, header(kid)), "ok", other)
        case(f"body {index}, 4096 bits", jws(second, other, header(other_kid)), "ok", other)
    case("another body", good, "mismatch", body + b" ")
    case("the key of the other kid", jws(first, body, header(other_kid)), "truncated")
    case("a stranger's key under a known kid", jws(stranger, body, header(kid)), "mismatch")
    case("an unknown kid", jws(stranger, body, header("stranger")), "unknown_key")
    case("no kid", jws(first, body, {k: v for k, v in header(kid).items() if k != "kid"}), "malformed")
    case("the body encoded (b64 true)", jws(first, b64(body).encode(), header(kid, b64=True)), "not_detached")
    case("b64 left out", jws(first, body, {"alg": "RS256", "kid": kid}), "not_detached")
    case("b64 not critical", jws(first, body, header(kid, crit=[])), "not_detached")
    case("something else critical", jws(first, body, header(kid, crit=["b64", "exp"])), "malformed")
    case("SHA-512 under RS256", jws(first, body, header(kid), hashes.SHA512()), "mismatch")
    case("alg RS512", jws(first, body, header(kid, alg="RS512"), hashes.SHA512()), "algorithm")
    none = b64(compact(header(kid, alg="none")))
    case("alg none, no signature", none + "..", "algorithm")
    case("alg none, a signature", none + ".." + signature, "algorithm")
    confused = b64(compact(header(kid, alg="HS256")))
    for label, secret in (("pem", pem), ("n", keys["keys"][0]["n"].encode()), ("jwk", compact(keys["keys"][0]))):
        forged = hmac.new(secret, confused.encode() + b"." + body, hashlib.sha256).digest()
        case(f"HS256 with the public key ({label})", confused + ".." + b64(forged), "algorithm")
    case("truncated by a byte", protected + ".." + b64(base64.urlsafe_b64decode(signature + "==")[:-1]), "truncated")
    case("truncated by half", protected + ".." + b64(base64.urlsafe_b64decode(signature + "==")[:128]), "truncated")
    case("truncated within a byte", protected + ".." + signature[:-1], "malformed")
    case("no signature", protected + "..", "truncated")
    case("one bit of it", protected + ".." + ("B" if signature[0] == "A" else "A") + signature[1:], "mismatch")
    case("a payload between the dots", f"{protected}.{b64(body)}.{signature}", "not_detached")
    case("two parts", f"{protected}.{signature}", "malformed")
    case("four parts", good + ".x", "malformed")
    case("padding", good + "==", "malformed")
    case("the header is no JSON", b64(b"{") + ".." + signature, "malformed")
    case("the header is no base64", "*.." + signature, "malformed")
    case("empty", "", "missing")
    case("a key of 1024 bits", jws(weak, body, header("weak")), "unknown_key", keys={"keys": [jwk(weak, kid="weak")]})
    case("an expired key", good, "expired_keys", keys={"keys": [jwk(first, exp=1_700_000_000)]})
    case("a key that is not expired yet", good, "ok", keys={"keys": [jwk(first, exp=4_000_000_000)]})
    case("a key for encryption", good, "unknown_key", keys={"keys": [jwk(first, use="enc")]})
    case("a key for another algorithm", good, "unknown_key", keys={"keys": [jwk(first, alg="RS512")]})
    case("other keys beside it", good, "ok", keys={"keys": [{"kty": "EC", "kid": kid, "crv": "P-256", "x": "", "y": ""}, jwk(first)]})

    secret = "a shared secret"
    hmacs = [{"body": b64(b), "value": hmac.new(secret.encode(), b, hashlib.sha256).hexdigest()} for b in BODIES]
    vectors = {"keys": keys, "jws": cases, "secret": secret, "hmac": hmacs}
    (HERE / "vectors.json").write_text(json.dumps(vectors, indent=1) + "\n")


if __name__ == "__main__":
    main()
