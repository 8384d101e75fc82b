// BullMQ the way Medusa's event bus on Redis uses it: one queue, a worker, `addBulk` for each emit. Without Medusa's
// logging and look-ups, so it is what that bus reaches at best. `place` is a Redis here.

import { Queue, Worker } from "bullmq";
import { begin, callers, end, handled, id, mode, place, sideBySide } from "./measurement.mjs";

const connection = { host: "127.0.0.1", port: Number(new URL(place.url).port) };
const queue = new Queue("events-queue", { connection, prefix: "medusa" });
const job = (order) => ({
  name: "order.placed",
  data: { eventName: "order.placed", data: { id: order, no_notification: false }, metadata: { eventGroupId: order } },
  opts: { removeOnComplete: true, attempts: 1, priority: 100 },
});

await queue.obliterate({ force: true });
if (mode === "publish") {
  await queue.waitUntilReady();
  await callers((order) => queue.addBulk([job(order)]));
} else {
  for (let number = 0; number < place.messages; number += 500) {
    const length = Math.min(500, place.messages - number);
    await queue.addBulk(Array.from({ length }, (_, index) => job(id(number + index))));
  }
  const options = { connection, prefix: "medusa", concurrency: sideBySide, autorun: false };
  const worker = new Worker("events-queue", async (job) => void job.data.data.id, options);
  await worker.waitUntilReady();
  worker.on("completed", (job) => {
    if (handled(job.data.data.id)) end();
  });
  begin();
  worker.run();
}
