// Where to measure, and what came of it: one line of JSON.

import fs from "node:fs";

export const place = JSON.parse(process.env.PLACE);
export const mode = process.env.MODE;
export const sideBySide = Number(process.env.SIDE_BY_SIDE ?? 1);

export const id = (number) => "order_01H" + String(number).padStart(23, "0");

// Seconds of processor time that the server has used.
const server = () => {
  const fields = fs.readFileSync(`/proc/${place.server}/stat`, "utf8").split(")").pop().trim().split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
};

let begun;
let seen = 0;
let sum = 0;

export const begin = () => {
  begun = { time: performance.now(), client: process.cpuUsage(), server: server() };
};

// An order was handled, or is published. The process ends after the last one.
export const handled = (id) => {
  if (!begun) begin();
  seen += 1;
  sum += Number(id.slice(9));
  return seen === place.messages;
};

export const end = () => {
  const seconds = (performance.now() - begun.time) / 1e3;
  const used = process.cpuUsage(begun.client);
  const each = 1 / place.messages;
  if (sum !== (place.messages * (place.messages - 1)) / 2) {
    console.error(`not every event came once: ${seen} events whose numbers add up to ${sum}`);
    process.exit(1);
  }
  const client = (used.user + used.system) * each;
  console.log(
    JSON.stringify({ messages: place.messages, seconds, client, server: (server() - begun.server) * 1e6 * each }),
  );
  process.exit(0);
};

// As many callers as said, each awaiting one call after the other.
export const callers = async (call) => {
  let next = 0;
  begin();
  const caller = async () => {
    while (next < place.messages) {
      const order = id(next++);
      await call(order);
      handled(order);
    }
  };
  await Promise.all(Array.from({ length: sideBySide }, caller));
  end();
};
