// Keeps the page true: follows the live connection, tells the parts of the page to read themselves again, counts
// seconds.
import { running } from "../texts.js";
import { Bursts, Connection, Follower, openStream } from "./connection.js";

const url = document.body.dataset.live;
const address = new URL(url, location.href).href;
const down = document.getElementById("live-down");
const serverNow = document.querySelector('meta[name="server-now"]')?.content;
const skew = serverNow ? Date.now() - Date.parse(serverNow) : 0;
const TOPICS = ["calls", "extension", "tickets", "mine", "agency", "pbx", "stuck", "emergencies", "administration"];
const bursts = new Bursts((topic) => document.body.dispatchEvent(new CustomEvent(`live-${topic}`)));

// What one word of the stream changes on all pages is asked for by one request, `#follow`, whatever it is made of.
const asks = document.getElementById("follow");
const followed = asks?.dataset.topics.split(" ") ?? [];
function tellAll(topics) {
  for (const topic of topics) bursts.tell(topic);
  if (topics.some((topic) => followed.includes(topic))) bursts.tell("parts");
}

function shown({ ticket = [], call = [] }) {
  return ticket.some((id) => document.querySelector(`[data-ticket="${Number(id)}"]`))
    || call.some((id) => document.querySelector(`[data-call="${Number(id)}"]`));
}

const showDown = (yes) => { if (down) down.hidden = !yes; };

const HEARD = {
  resync() {
    showDown(false);
    document.body.dataset.liveReady = "1";
    tellAll(TOPICS);
  },
  change(data) {
    const message = JSON.parse(data);
    tellAll(shown(message) ? [message.topic, "mine"] : [message.topic]);
    const changed = document.getElementById("changed");
    if (changed && message.ticket?.includes(Number(changed.dataset.ticket))) changed.hidden = false;
  },
  away() { showDown(true); },
  lost() {
    showDown(true);
    delete document.body.dataset.liveReady;
  },
};

// Attaches to the connection of the shared worker, or opens one for this page alone in a browser without shared
// workers.
function alone(hear) {
  const connection = new Connection({ open: (listen) => openStream(address, listen) });
  return (word) => connection[word](hear);
}

function reach(hear) {
  if (!window.SharedWorker) return alone(hear);
  // Name and script identify a worker: pages with the same address share one.
  const worker = new SharedWorker(new URL("./worker.js", import.meta.url), { type: "module", name: address });
  let own;
  let wants = false;
  // A browser that has shared workers, but not with modules.
  worker.addEventListener("error", () => {
    own ??= alone(hear);
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

function clock() {
  for (const timer of document.querySelectorAll("[data-since]")) {
    const text = running(Date.now() - skew - Date.parse(timer.dataset.since));
    if (timer.textContent !== text) timer.textContent = text;
  }
}

document.addEventListener("htmx:config:request", (event) => {
  event.detail.ctx.request.headers["X-CSRFToken"] = document.querySelector('meta[name="csrf-token"]').content;
});
if (url) {
  const follower = new Follower({
    reach,
    tell: ({ event, data }) => HEARD[event]?.(data),
  });
  // With every script of the page there to hear it: what the first word of the stream sets off is lost on nobody.
  document.addEventListener("DOMContentLoaded", () => {
    follower.join();
    setInterval(() => follower.check(), 5000);
  });
  setInterval(clock, 500);
  window.addEventListener("pagehide", () => follower.leave());
  window.addEventListener("pageshow", (event) => { if (event.persisted) follower.join(); });
  window.addEventListener("offline", () => showDown(true));
  window.addEventListener("online", () => follower.again());
  // While nothing is heard the page still reads itself now and then.
  setInterval(() => { if (down && !down.hidden) tellAll(TOPICS); }, 15000);
}
