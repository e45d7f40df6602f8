// State of the operator's telephone with subscribers. No DOM.

// `ringing`: ringing calls, `{ call, name }`; `talking`: ids of answered calls; `engaged`: a ring or a talk of any
// kind is shown; `spoken`: a talk is shown; `emergencies`: codes of open emergencies; `alarm`: text of one that is
// not acknowledged.
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

  // Calls `hear(state, begun)` after each update. `begun` has what is new: `ringing` that did not ring in the state
  // before, `talking` and `emergencies` that were in no state before (a call taken off hold is not new).
  subscribe(hear) {
    this.#subscribers.push(hear);
  }

  // Sets the state to what was read from the page.
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
