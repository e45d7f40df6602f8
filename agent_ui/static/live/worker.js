// One live connection for all pages of one person in this browser (docs/decisions/0043): the shared worker that has it.
import { Connection, openStream } from "./connection.js";

const CHECK_MS = 5000;
// The address of the stream names its person, and so does the worker: another person has another one.
const connection = new Connection({ open: (hear) => openStream(self.name, hear) });

self.addEventListener("connect", ({ ports: [port] }) => {
  const follower = (message) => port.postMessage(message);
  // `join`, `leave`, `again`.
  port.addEventListener("message", ({ data }) => connection[data](follower));
  port.start();
});
setInterval(() => connection.check(), CHECK_MS);
