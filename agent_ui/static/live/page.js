// Keeps the page true: hears /live, tells the parts of the page to read themselves again, counts the seconds.
import { running } from "../clock.js";
import { Bursts } from "./bursts.js";

const url = document.body.dataset.live;
const down = document.getElementById("live-down");
const serverNow = document.querySelector('meta[name="server-now"]')?.content;
const skew = serverNow ? Date.now() - Date.parse(serverNow) : 0;
const TOPICS = ["calls", "extension", "tickets", "mine", "agency", "pbx", "stuck", "emergencies", "administration"];
const SILENCE_MS = 40000;
const bursts = new Bursts((topic) => document.body.dispatchEvent(new CustomEvent(`live-${topic}`)));

// What one word of the stream changes on all pages is asked for by one request, `#follow`, whatever it is made of.
const follower = document.getElementById("follow");
const followed = follower?.dataset.topics.split(" ") ?? [];
function tellAll(topics) {
  for (const topic of topics) bursts.tell(topic);
  if (topics.some((topic) => followed.includes(topic))) bursts.tell("parts");
}

function shown({ ticket = [], call = [] }) {
  return ticket.some((id) => document.querySelector(`[data-ticket="${Number(id)}"]`))
    || call.some((id) => document.querySelector(`[data-call="${Number(id)}"]`));
}

let source;
let heard = Date.now();

function connect() {
  source?.close();
  source = new EventSource(url);
  heard = Date.now();
  const here = source;
  for (const event of ["resync", "change", "away", "beat"]) {
    source.addEventListener(event, () => { heard = Date.now(); });
  }
  source.addEventListener("resync", () => {
    if (down) down.hidden = true;
    document.body.dataset.liveReady = "1";
    tellAll(TOPICS);
  });
  source.addEventListener("change", (event) => {
    const message = JSON.parse(event.data);
    tellAll(shown(message) ? [message.topic, "mine"] : [message.topic]);
    const changed = document.getElementById("changed");
    if (changed && message.ticket?.includes(Number(changed.dataset.ticket))) changed.hidden = false;
  });
  source.addEventListener("away", () => { if (down) down.hidden = false; });
  source.addEventListener("error", () => {
    if (down) down.hidden = false;
    delete document.body.dataset.liveReady;
    // A refused stream (signed out, server error) is not tried again by the browser itself.
    if (here.readyState === EventSource.CLOSED) setTimeout(() => { if (here === source) connect(); }, 5000);
  });
}

// A network that went away without a word: the server beats every 15 s, so silence is a loss too.
function watch() {
  if (Date.now() - heard < SILENCE_MS) return;
  if (down) down.hidden = false;
  connect();
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
  // With every script of the page there to hear it: what the first word of the stream sets off is lost on nobody.
  document.addEventListener("DOMContentLoaded", () => {
    connect();
    setInterval(watch, 5000);
  });
  setInterval(clock, 500);
  window.addEventListener("pagehide", () => source?.close());
  window.addEventListener("pageshow", (event) => { if (event.persisted) connect(); });
  window.addEventListener("offline", () => { if (down) down.hidden = false; });
  window.addEventListener("online", connect);
  // While nothing is heard the page still reads itself now and then.
  setInterval(() => { if (down && !down.hidden) tellAll(TOPICS); }, 15000);
}
