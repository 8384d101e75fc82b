// Reads the first events of a log with an ordered consumer, and prints one line of JSON for each.
//
//     npm install @nats-io/transport-node @nats-io/jetstream cloudevents
//     node read.mjs nats://127.0.0.1:4222 10

import { jetstream } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { HTTP } from "cloudevents";

const [url, count] = process.argv.slice(2);
const connection = await connect({ servers: url.replace("nats://", "") });
const consumer = await jetstream(connection).consumers.get("EVENTS", { filter_subjects: "log.>" });
let left = Number(count);
for await (const message of await consumer.consume()) {
  console.log(JSON.stringify(described(message)));
  left -= 1;
  if (left === 0) break;
}
await connection.close();

// The subject says key and name: log.<key>.<name>. Everything else is optional.
function described(message) {
  const [, key, ...name] = message.subject.split(".");
  return {
    sequence: message.seq,
    name: name.join("."),
    key: key === "_" ? null : decodeURIComponent(key),
    id: message.headers?.get("Nats-Msg-Id") || null,
    body: message.json(),
    cloudevent: cloudevent(message),
  };
}

// What the CloudEvents SDK makes of it, if the publisher wrote every attribute.
function cloudevent(message) {
  if (!message.headers?.has("ce-specversion")) return null;
  // NATS has no percent-encoding of its own, the CloudEvents binding has.
  const entries = message.headers.keys().map((name) => [name, decodeURIComponent(message.headers.get(name))]);
  const event = HTTP.toEvent({ headers: Object.fromEntries(entries), body: message.string() });
  return { ...event.toJSON(), data: event.data };
}
