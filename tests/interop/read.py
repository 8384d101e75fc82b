"""Reads the first events of a log with an ordered consumer, and prints one line of JSON for each.

    pip install nats-py cloudevents
    python read.py nats://127.0.0.1:4222 10
"""

import asyncio
import json
import sys
from urllib.parse import unquote

import nats
from cloudevents.core.bindings.http import HTTPMessage, from_http
from cloudevents.core.formats.json import JSONFormat


async def main(url: str, count: int) -> None:
    connection = await nats.connect(url)
    subscription = await connection.jetstream().subscribe("log.>", stream="EVENTS", ordered_consumer=True)
    for _ in range(count):
        print(json.dumps(described(await subscription.next_msg(timeout=10))))
    await connection.close()


def described(message) -> dict:
    """The subject says key and name: log.<key>.<name>. Everything else is optional."""
    _, key, name = message.subject.split(".", 2)
    headers = message.headers or {}
    return {
        "sequence": message.metadata.sequence.stream,
        "name": name,
        "key": None if key == "_" else unquote(key),
        "id": headers.get("Nats-Msg-Id"),
        "body": json.loads(message.data),
        "cloudevent": cloudevent(headers, message.data),
    }


def cloudevent(headers: dict, body: bytes) -> dict | None:
    """What the CloudEvents SDK makes of it, if the publisher wrote every attribute."""
    if "ce-specversion" not in headers:
        return None
    event = from_http(HTTPMessage(headers=headers, body=body), JSONFormat())
    attributes = {name: str(value) for name, value in event.get_attributes().items()}
    return {**attributes, "time": event.get_time() and event.get_time().isoformat(), "data": event.get_data()}


asyncio.run(main(sys.argv[1], int(sys.argv[2])))
