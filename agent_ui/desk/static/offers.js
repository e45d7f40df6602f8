// Numbers of the offers: a key means one offer for as long as the form is open, whatever is offered besides. No DOM.

const MOST = 9;

export class OfferNumbers {
  #numbers = new Map();
  #seen = new Map();
  #turn = 0;

  // The number of each offer, in the order of `ids`; null where all numbers are of offers that are shown now. A number is
  // given to another offer only when none is unused: then that of the offer which was gone for longest.
  assign(ids) {
    this.#turn++;
    const shown = new Set(ids);
    return ids.map((id) => {
      const number = this.#numbers.get(id) ?? this.#unused() ?? this.#taken(shown);
      if (number === null) return null;
      this.#numbers.set(id, number);
      this.#seen.set(id, this.#turn);
      return number;
    });
  }

  #unused() {
    const given = new Set(this.#numbers.values());
    for (let number = 1; number <= MOST; number++) if (!given.has(number)) return number;
    return undefined;
  }

  #taken(shown) {
    const gone = [...this.#numbers.keys()].filter((id) => !shown.has(id));
    if (!gone.length) return null;
    const oldest = gone.reduce((one, two) => (this.#seen.get(two) < this.#seen.get(one) ? two : one));
    const number = this.#numbers.get(oldest);
    this.#numbers.delete(oldest);
    return number;
  }
}
