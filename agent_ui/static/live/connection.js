// The live connection: one stream of server-sent events shared by several followers, with reconnection.
// No DOM; the stream and the clock are passed in.

// The server sends a beat every 15 s: longer silence means that the network is gone without an error.
export const SILENCE_MS = 40_000;
// The browser itself does not retry a refused stream (signed out, server error).
export const AGAIN_MS = 5000;
// All pages of a browser report `online` at once: one reconnection serves all of them.
const FRESH_MS = 2000;

// Messages are `{ event, data }`. `event` is one of the server's (`resync`, `change`, `away`, `beat`), or `lost`: the
// stream is broken.
export class Connection {
  // `open(hear)` opens a stream and returns a function that closes it. The stream calls `hear(event, data)`; for
  // `lost`, `data` is true where the browser does not reconnect by itself. `later(work, ms)` is setTimeout.
  constructor({ open, later = (work, ms) => setTimeout(work, ms), now = Date.now }) {
    this.followers = new Set();
    this.open = open;
    this.later = later;
    this.now = now;
    this.end = null;
    this.heard = this.began = -Infinity;
    // State for a follower that joins now: `resync`, `away`, `lost`, or null while connecting.
    this.standing = null;
  }

  // A follower is a function that takes each message. One that joins a running stream gets its state, so that its page
  // is read anew: it has missed what changed since it was rendered.
  join(follower) {
    this.followers.add(follower);
    if (!this.end) this.connect();
    else if (this.standing) follower({ event: this.standing });
  }

  leave(follower) {
    this.followers.delete(follower);
    if (!this.followers.size) this.close();
  }

  // The network is back: reconnects, unless that was done just now.
  again(follower) {
    if (this.now() - this.began > FRESH_MS) this.connect();
    else if (this.standing) follower({ event: this.standing });
  }

  connect() {
    this.close();
    if (!this.followers.size) return;
    this.heard = this.began = this.now();
    const turn = {};
    this.turn = turn;
    this.end = this.open((event, data) => { if (this.turn === turn) this.hear(event, data); });
  }

  close() {
    this.turn = null;
    this.end?.();
    this.end = null;
    this.standing = null;
  }

  hear(event, data) {
    if (event === "lost") {
      const { turn } = this;
      if (data) this.later(() => { if (this.turn === turn) this.connect(); }, AGAIN_MS);
      return this.lose();
    }
    this.heard = this.now();
    if (event === "resync" || event === "away") this.standing = event;
    this.tell({ event, data });
  }

  lose() {
    this.standing = "lost";
    this.tell({ event: "lost" });
  }

  // Called every few seconds.
  check() {
    if (!this.end || this.now() - this.heard < SILENCE_MS) return;
    this.lose();
    this.connect();
  }

  tell(message) {
    for (const follower of [...this.followers]) follower(message);
  }
}

// A page's side of the connection. `reach(hear)` attaches to a connection and returns a function that takes `join`,
// `leave` and `again`. A worker can die with the process of the page that started it: after too long a silence it
// attaches anew.
export class Follower {
  constructor({ reach, tell, now = Date.now }) {
    Object.assign(this, { reach, tell, now, way: null, heard: now() });
  }

  join() {
    this.way?.("leave");
    const turn = {};
    this.turn = turn;
    this.heard = this.now();
    this.way = this.reach((message) => {
      if (this.turn !== turn) return;
      this.heard = this.now();
      this.tell(message);
    });
    this.way("join");
  }

  leave() {
    this.way?.("leave");
    this.way = this.turn = null;
  }

  again() {
    this.way?.("again");
  }

  check() {
    if (!this.way || this.now() - this.heard < SILENCE_MS) return;
    this.tell({ event: "lost" });
    this.join();
  }
}

// The server's stream of events, as `Connection` opens it: in the worker of a browser, or in a page.
export function openStream(url, hear) {
  const source = new EventSource(url);
  for (const event of ["resync", "change", "away", "beat"]) {
    source.addEventListener(event, ({ data }) => hear(event, data));
  }
  source.addEventListener("error", () => hear("lost", source.readyState === EventSource.CLOSED));
  return () => source.close();
}

// Pushes in a burst: the first goes out at once, the rest of it as one at the end.
export class Bursts {
  // `tell(topic)` is called at most once in `gap` milliseconds for each topic.
  constructor(tell, { gap = 200, later = (work, ms) => setTimeout(work, ms) } = {}) {
    Object.assign(this, { held: new Map(), out: tell, gap, later });
  }

  tell(topic) {
    if (this.held.has(topic)) {
      this.held.set(topic, true);
      return;
    }
    this.held.set(topic, false);
    this.out(topic);
    this.later(() => {
      const again = this.held.get(topic);
      this.held.delete(topic);
      if (again) this.tell(topic);
    }, this.gap);
  }
}
