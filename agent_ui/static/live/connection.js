// One live connection, and all who follow it: pages through the worker of their browser, or one page alone.
// Touches no document; the stream itself and the time are given.

// The server beats every 15 s, so silence is a loss too: a network that went away without a word.
export const SILENCE_MS = 40_000;
// A refused stream (signed out, server error) is not tried again by the browser itself.
export const AGAIN_MS = 5000;
// All pages of a browser say at once that the network is back: one new connection answers them all.
const FRESH_MS = 2000;

// What a connection says is `{ event, data }`. Its `event` is one of the server's (`resync`, `change`, `away`, `beat`),
// or `lost`: nothing is heard for now.
export class Connection {
  // `open(hear)` begins a stream, which calls `hear(event, data)`, with `lost` and whether it is over for good;
  // it answers what ends the stream. `later(work, ms)` and `now()` are the time.
  constructor({ open, later = (work, ms) => setTimeout(work, ms), now = Date.now }) {
    this.followers = new Set();
    this.open = open;
    this.later = later;
    this.now = now;
    this.end = null;
    this.heard = this.began = -Infinity;
    // What somebody who comes now has to know: `resync` where the stream is in step, `away`, `lost`, or nothing yet.
    this.standing = null;
  }

  // A follower is a function that takes each message. One who comes to a stream that is in step reads all anew once:
  // what changed since its page was made was told to the others only.
  join(follower) {
    this.followers.add(follower);
    if (!this.end) this.connect();
    else if (this.standing) follower({ event: this.standing });
  }

  leave(follower) {
    this.followers.delete(follower);
    if (!this.followers.size) this.close();
  }

  // Somebody's network is back: a stream that was not begun just now is begun anew, and brings the news to all.
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

  // Called now and then.
  check() {
    if (!this.end || this.now() - this.heard < SILENCE_MS) return;
    this.lose();
    this.connect();
  }

  tell(message) {
    for (const follower of [...this.followers]) follower(message);
  }
}

// The way to a connection: `reach(hear)` makes one and answers what takes `join`, `leave` and `again`. A worker can die
// with the page that it was started by: whoever hears nothing for too long makes the way anew.
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
