"""Publishes three orders, each in another form that every reader of the log understands.

    pip install nats-py cloudevents
    python publish.py nats://127.0.0.1:4222
"""

import asyncio
import json
import sys
from datetime import datetime, timezone

import nats
from cloudevents.core.bindings.http import to_binary, to_structured
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent


async def main(url: str) -> None:
    connection = await nats.connect(url)
    jetstream = connection.jetstream()

    # The documented body and an id. `publish` waits for the acknowledgement: the event is in the log when it returns.
    ack = await jetstream.publish(
        "events.order.placed",
        json.dumps({"id": "order_python_bare"}).encode(),
        headers={"Nats-Msg-Id": "order_python_bare/placed"},
    )
    print(ack.seq)

    # CloudEvents in binary mode: attributes as headers. The same id within 20 minutes is the same event.
    message = to_binary(order("order_python_binary"), JSONFormat())
    headers = {**message.headers, "Nats-Msg-Id": "order_python_binary/placed"}
    ack = await jetstream.publish("events.order.placed", message.body, headers=headers)
    print(ack.seq)

    # CloudEvents in structured mode: attributes and data in one body. The server looks for the id in the header alone.
    message = to_structured(order("order_python_structured"), JSONFormat())
    headers = {**message.headers, "Nats-Msg-Id": "order_python_structured/placed"}
    ack = await jetstream.publish("events.order.placed", message.body, headers=headers)
    print(ack.seq)

    await connection.close()


def order(name: str) -> CloudEvent:
    attributes = {
        "id": f"{name}/placed",
        "type": "order.placed",
        "source": "/shops/café one",
        "time": datetime(2026, 11, 22, 10, 0, 0, 500_000, tzinfo=timezone.utc),
        "datacontenttype": "application/json",
        "subject": f"order:{name}",
        "specversion": "1.0",
    }
    return CloudEvent(attributes=attributes, data={"id": name})


asyncio.run(main(sys.argv[1]))
