// @nats-io/jetstream: a durable that acknowledges each message, and callers that each await their own publish.

import { randomUUID } from "node:crypto";
import { AckPolicy, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { callers, end, handled, mode, place } from "./measurement.mjs";

const client = await connect({ servers: place.url });
if (mode === "publish") {
  const publisher = jetstream(client);
  const subject = `${place.prefix}.events.order.placed`;
  await callers((id) => {
    const body = JSON.stringify({ id, no_notification: false });
    return publisher.publish(subject, body, { msgID: randomUUID() });
  });
} else {
  const manager = await jetstreamManager(client);
  await manager.consumers.add(place.stream, {
    durable_name: "node",
    filter_subject: `${place.prefix}.log.*.order.placed`,
    ack_policy: AckPolicy.Explicit,
    max_ack_pending: 10_000,
  });
  const consumer = await jetstream(client).consumers.get(place.stream, "node");
  for await (const message of await consumer.consume({ max_messages: 500 })) {
    const last = handled(message.json().id);
    message.ack();
    if (last) break;
  }
  await client.flush();
  end();
}
