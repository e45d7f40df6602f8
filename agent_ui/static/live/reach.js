// The way of a page to the live connection: the shared worker of its browser, or a connection of its own without one.
import { Connection } from "./connection.js";
import { openStream } from "./stream.js";

function alone(url, hear) {
  const connection = new Connection({ open: (listen) => openStream(url, listen) });
  return (word) => connection[word](hear);
}

export function reach(url, hear) {
  if (!window.SharedWorker) return alone(url, hear);
  // Its name goes with it: what one person hears is never another's.
  const worker = new SharedWorker(new URL("./worker.js", import.meta.url), { type: "module", name: url });
  let own;
  let wants = false;
  // A browser that has shared workers, but runs no module in one.
  worker.addEventListener("error", () => {
    own ??= alone(url, hear);
    if (wants) own("join");
  });
  worker.port.addEventListener("message", ({ data }) => hear(data));
  worker.port.start();
  return (word) => {
    wants = word === "join" || (wants && word !== "leave");
    if (own) own(word);
    else worker.port.postMessage(word);
  };
}
