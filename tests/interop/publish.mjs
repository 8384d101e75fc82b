// Publishes three orders, each in another form that every reader of the log understands.
//
//     npm install @nats-io/transport-node @nats-io/jetstream cloudevents
//     node publish.mjs nats://127.0.0.1:4222

import { jetstream } from "@nats-io/jetstream";
import { connect, headers } from "@nats-io/transport-node";
import { CloudEvent, HTTP } from "cloudevents";

const connection = await connect({ servers: process.argv[2].replace("nats://", "") });
const js = jetstream(connection);

// The documented body and an id. `publish` waits for the acknowledgement: the event is in the log when it returns.
const bare = JSON.stringify({ id: "order_node_bare" });
print(await js.publish("events.order.placed", bare, { msgID: "order_node_bare/placed" }));

// CloudEvents in binary mode: attributes as headers. The same id within 20 minutes is the same event.
const binary = HTTP.binary(order("order_node_binary"));
const options = { msgID: "order_node_binary/placed", headers: natsHeaders(binary.headers) };
print(await js.publish("events.order.placed", binary.body, options));

// CloudEvents in structured mode: attributes and data in one body. The server looks for the id in the header alone.
const structured = HTTP.structured(order("order_node_structured"));
const known = { msgID: "order_node_structured/placed", headers: natsHeaders(structured.headers) };
print(await js.publish("events.order.placed", structured.body, known));

await connection.close();

function order(name) {
  return new CloudEvent({
    id: `${name}/placed`,
    type: "order.placed",
    source: "/shops/two",
    time: "2026-11-22T10:00:00.500Z",
    datacontenttype: "application/json",
    subject: `order:${name}`,
    data: { id: name },
  });
}

function natsHeaders(map) {
  const all = headers();
  for (const [name, value] of Object.entries(map)) all.set(name, String(value));
  return all;
}

function print(ack) {
  console.log(ack.seq);
}
