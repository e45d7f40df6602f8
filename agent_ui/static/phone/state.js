// The state of one's telephone, and who is told of its changes. Touches no document.

// `ringing`: calls that ring, `{ call, name }`; `talking`: calls one talks in; `engaged`: a ring or a talk of any kind is
// shown; `spoken`: a talk is; `emergencies`: codes of those that are not over; `alarm`: the words of one that nobody took on.
export const NOTHING = Object.freeze({
  ringing: [], talking: [], engaged: false, spoken: false, emergencies: [], alarm: null,
});

export class PhoneStore {
  #now = NOTHING;
  #subscribers = [];
  #talked = new Set();
  #known = new Set();

  get state() {
    return this.#now;
  }

  // From now on `hear(state, begun)` is told, each time the page was read, its state and what has begun: `ringing` that
  // did not ring before, `talking` and `emergencies` that were never there (a talk on hold is not begun anew).
  subscribe(hear) {
    this.#subscribers.push(hear);
  }

  // What the page shows now, read from it once for all.
  take(read) {
    const rang = new Set(this.#now.ringing.map(({ call }) => call));
    this.#now = Object.freeze({ ...NOTHING, ...read });
    const begun = {
      ringing: this.#now.ringing.filter(({ call }) => !rang.has(call)),
      talking: this.#now.talking.filter((call) => !this.#talked.has(call)),
      emergencies: this.#now.emergencies.filter((code) => !this.#known.has(code)),
    };
    for (const call of begun.talking) this.#talked.add(call);
    for (const code of begun.emergencies) this.#known.add(code);
    for (const hear of this.#subscribers) hear(this.#now, begun);
  }
}
