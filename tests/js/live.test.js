// The live connection of a browser: one stream for all, news for who comes late, and a way back from every loss.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { AGAIN_MS, Bursts, Connection, Follower, SILENCE_MS } from "../../agent_ui/static/live/connection.js";

// A clock that stands until it is told to go on, and the streams that were opened.
class World {
  constructor() {
    this.time = 0;
    this.waiting = [];
    this.streams = [];
    this.now = () => this.time;
    this.later = (work, ms) => this.waiting.push([this.time + ms, work]);
  }

  pass(ms) {
    this.time += ms;
    const due = this.waiting.filter(([at]) => at <= this.time);
    this.waiting = this.waiting.filter(([at]) => at > this.time);
    for (const [, work] of due) work();
  }

  connection() {
    const open = (hear) => {
      const stream = { hear, open: true };
      this.streams.push(stream);
      return () => { stream.open = false; };
    };
    return new Connection({ open, later: this.later, now: this.now });
  }

  get open() {
    return this.streams.filter((stream) => stream.open);
  }
}

const page = () => {
  const heard = [];
  return Object.assign((message) => heard.push(message.event), { heard });
};

let world;
let connection;
beforeEach(() => {
  world = new World();
  connection = world.connection();
});

test("twelve pages are one stream, and each hears all of it", () => {
  const pages = Array.from({ length: 12 }, page);
  for (const one of pages) connection.join(one);
  assert.equal(world.open.length, 1);
  world.streams[0].hear("resync", "{}");
  world.streams[0].hear("change", '{"topic": "calls"}');
  for (const one of pages) assert.deepEqual(one.heard, ["resync", "change"]);
});

test("a page that comes to a stream in step reads itself anew once, alone", () => {
  const [first, late] = [page(), page()];
  connection.join(first);
  world.streams[0].hear("resync");
  connection.join(late);
  assert.deepEqual([first.heard, late.heard], [["resync"], ["resync"]]);
});

test("a page that comes while the broker is away is told so", () => {
  const late = page();
  connection.join(page());
  world.streams[0].hear("resync");
  world.streams[0].hear("away");
  connection.join(late);
  assert.deepEqual(late.heard, ["away"]);
});

test("the page that opened the stream goes, and the others hear on", () => {
  const [first, second] = [page(), page()];
  connection.join(first);
  connection.join(second);
  world.streams[0].hear("resync");
  connection.leave(first);
  world.streams[0].hear("change");
  assert.deepEqual([first.heard, second.heard], [["resync"], ["resync", "change"]]);
  assert.equal(world.streams.length, 1);
});

test("the last page ends the stream, and the next one opens another", () => {
  const one = page();
  connection.join(one);
  world.streams[0].hear("resync");
  connection.leave(one);
  assert.equal(world.open.length, 0);
  connection.join(one);
  assert.equal(world.open.length, 1);
  assert.deepEqual(one.heard, ["resync"]);
});

test("what an ended stream still says is not heard", () => {
  const one = page();
  connection.join(one);
  connection.leave(one);
  connection.join(one);
  world.streams[0].hear("change");
  assert.deepEqual(one.heard, []);
});

test("a stream that broke is told to all, and its return to all", () => {
  const pages = [page(), page()];
  for (const one of pages) connection.join(one);
  world.streams[0].hear("resync");
  // The browser tries again by itself.
  world.streams[0].hear("lost", false);
  world.pass(AGAIN_MS);
  assert.equal(world.streams.length, 1);
  world.streams[0].hear("resync");
  for (const one of pages) assert.deepEqual(one.heard, ["resync", "lost", "resync"]);
});

test("a refused stream is tried again after a while, for as long as somebody is there", () => {
  const one = page();
  connection.join(one);
  world.streams[0].hear("lost", true);
  assert.deepEqual(one.heard, ["lost"]);
  world.pass(AGAIN_MS - 1);
  assert.equal(world.streams.length, 1);
  world.pass(1);
  assert.equal(world.streams.length, 2);
  world.streams[1].hear("lost", true);
  connection.leave(one);
  world.pass(AGAIN_MS);
  assert.equal(world.streams.length, 2);
});

test("silence is a loss too, and another stream is opened", () => {
  const one = page();
  connection.join(one);
  world.streams[0].hear("resync");
  world.pass(SILENCE_MS - 1);
  connection.check();
  assert.deepEqual(one.heard, ["resync"]);
  world.streams[0].hear("beat");
  world.pass(SILENCE_MS);
  connection.check();
  assert.deepEqual(one.heard, ["resync", "beat", "lost"]);
  assert.equal(world.open.length, 1);
  world.streams[1].hear("resync");
  assert.deepEqual(one.heard, ["resync", "beat", "lost", "resync"]);
});

test("twelve pages whose network is back open one stream, and each gets the news", () => {
  const pages = Array.from({ length: 12 }, page);
  for (const one of pages) connection.join(one);
  world.streams[0].hear("resync");
  world.pass(60_000);
  for (const one of pages) connection.again(one);
  assert.equal(world.streams.length, 2);
  world.streams[1].hear("resync");
  for (const one of pages) assert.deepEqual(one.heard, ["resync", "resync"]);
  connection.again(pages[0]);
  assert.equal(world.streams.length, 2);
  assert.deepEqual(pages[0].heard, ["resync", "resync", "resync"]);
});

test("a page whose worker died makes another way, and says meanwhile that it may be old", () => {
  const ways = [];
  const heard = [];
  const reach = (hear) => {
    const way = { hear, words: [] };
    ways.push(way);
    return (word) => way.words.push(word);
  };
  const follower = new Follower({ reach, tell: ({ event }) => heard.push(event), now: world.now });
  follower.join();
  ways[0].hear({ event: "resync" });
  world.pass(SILENCE_MS - 1);
  follower.check();
  assert.equal(ways.length, 1);
  world.pass(1);
  follower.check();
  assert.deepEqual(heard, ["resync", "lost"]);
  assert.deepEqual([ways[0].words, ways[1].words], [["join", "leave"], ["join"]]);
  ways[0].hear({ event: "change" });
  ways[1].hear({ event: "resync" });
  assert.deepEqual(heard, ["resync", "lost", "resync"]);
});

test("a page that was left hears nothing, and hears again when it is shown again", () => {
  const ways = [];
  const heard = [];
  const reach = (hear) => {
    ways.push(hear);
    return () => {};
  };
  const follower = new Follower({ reach, tell: ({ event }) => heard.push(event), now: world.now });
  follower.join();
  follower.leave();
  world.pass(SILENCE_MS);
  follower.check();
  follower.again();
  ways[0]({ event: "change" });
  assert.deepEqual([heard, ways.length], [[], 1]);
  follower.join();
  ways[1]({ event: "resync" });
  assert.deepEqual(heard, ["resync"]);
});

test("of a burst the first goes out at once and the rest as one, each topic by itself", () => {
  const out = [];
  const bursts = new Bursts((topic) => out.push(topic), { gap: 200, later: world.later });
  for (const topic of ["calls", "calls", "mine", "calls"]) bursts.tell(topic);
  assert.deepEqual(out, ["calls", "mine"]);
  world.pass(200);
  assert.deepEqual(out, ["calls", "mine", "calls"]);
  world.pass(200);
  bursts.tell("mine");
  assert.deepEqual(out, ["calls", "mine", "calls", "mine"]);
});
