// Pushes in a burst: the first goes out at once, the rest of it as one at the end. Touches no document.

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
