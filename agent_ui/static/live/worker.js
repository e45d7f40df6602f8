// Shared worker: holds the live connection for all pages of one person in this browser (docs/decisions/0043).
import { Connection, openStream } from "./connection.js";

const CHECK_MS = 5000;
// The worker's name is the address of the stream, which has a key of its person: another person has another worker.
const connection = new Connection({ open: (hear) => openStream(self.name, hear) });

self.addEventListener("connect", ({ ports: [port] }) => {
  const follower = (message) => port.postMessage(message);
  // `join`, `leave`, `again`.
  port.addEventListener("message", ({ data }) => connection[data](follower));
  port.start();
});
setInterval(() => connection.check(), CHECK_MS);
