"""FastStream: a durable pull subscriber with a typed handler, and tasks that each await their own publish."""

import asyncio
import json
import os
import time
import uuid

import uvloop
from faststream.nats import JStream, NatsBroker, PullSub
from nats.js.api import AckPolicy, ConsumerConfig
from pydantic import BaseModel

PLACE = json.loads(os.environ["PLACE"])
MESSAGES = PLACE["messages"]
MODE = os.environ["MODE"]
SIDE_BY_SIDE = int(os.environ.get("SIDE_BY_SIDE", "1"))


class Placed(BaseModel):
    id: str
    no_notification: bool


def server():
    """Seconds of processor time that the server has used."""
    with open(f"/proc/{PLACE['server']}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


class Measurement:
    def __init__(self):
        self.seen, self.sum, self.begun = 0, 0, None

    def begin(self):
        self.begun = (time.perf_counter(), time.process_time(), server())

    def handled(self, id):
        if self.begun is None:
            self.begin()
        self.seen += 1
        self.sum += int(id[9:])
        if self.seen == MESSAGES:
            self.end()

    def end(self):
        start, client, srv = self.begun
        seconds, client, srv = time.perf_counter() - start, time.process_time() - client, server() - srv
        if self.sum != MESSAGES * (MESSAGES - 1) // 2:
            raise SystemExit(f"not every event came once: {self.seen} events whose numbers add up to {self.sum}")
        each = 1e6 / MESSAGES
        print(json.dumps(dict(messages=MESSAGES, seconds=seconds, client=client * each, server=srv * each)), flush=True)
        os._exit(0)


measurement = Measurement()
broker = NatsBroker(PLACE["url"], logger=None)

if MODE == "consume":

    @broker.subscriber(
        PLACE["prefix"] + ".log.*.order.placed",
        stream=JStream(PLACE["stream"], declare=False),
        durable="faststream",
        pull_sub=PullSub(batch_size=500),
        config=ConsumerConfig(ack_policy=AckPolicy.EXPLICIT, max_ack_pending=10_000),
    )
    async def count(placed: Placed):
        measurement.handled(placed.id)


async def publish():
    numbers = iter(range(MESSAGES))
    subject = PLACE["prefix"] + ".events.order.placed"

    async def caller():
        for number in numbers:
            placed = Placed(id=f"order_01H{number:023}", no_notification=False)
            headers = {"Nats-Msg-Id": str(uuid.uuid4())}
            await broker.publish(placed, subject, stream=PLACE["stream"], headers=headers)
            measurement.handled(placed.id)

    measurement.begin()
    await asyncio.gather(*[caller() for _ in range(SIDE_BY_SIDE)])


async def main():
    if MODE == "publish":
        await broker.connect()
        await publish()
    else:
        await broker.start()
        await asyncio.Event().wait()


uvloop.run(main())
