// The draft form: saves itself while the operator types, survives a server that is away, merges what others saved.
import { phone } from "../../static/phone/index.js";
import { vault } from "./vault.js";
import { FIELDS, changes, comingBack, disputed, merge } from "./draft-fields.js";

const PAUSE_MS = 700;
// Whoever types without a pause is saved all the same.
const LONGEST_MS = 3000;
const RETRY_MS = [2000, 4000, 8000, 15000];
// What the form says about itself, and the attribute of the form that has the words.
const WORDS = {
  saving: "wordsSaving",
  saved: "wordsSaved",
  kept: "wordsKept",
  signIn: "wordsSignIn",
  ended: "wordsEnded",
};
const drafts = new Map();
// The page that comes next may be made before what is on its way now is saved: it decides what is kept.
let leaving = false;
addEventListener("beforeunload", () => { leaving = true; });
addEventListener("pageshow", () => { leaving = false; });
const token = () => document.querySelector('meta[name="csrf-token"]').content;

class Draft {
  constructor(form) {
    this.form = form;
    this.code = form.dataset.draft;
    this.status = form.querySelector(".save-status");
    this.saved = this.served();
    this.tries = 0;
    // Of fields in which two texts wait for a choice, the other one: mine is kept here and not sent.
    this.asking = new Map();
    this.restore();
    form.addEventListener("input", (event) => { if (event.target.name) this.changed(PAUSE_MS); });
    form.addEventListener("change", (event) => { if (event.target.name) this.changed(0); });
    form.addEventListener("focusout", () => { if (this.dirty()) this.changed(0); });
    form.addEventListener("submit", (event) => this.file(event));
  }

  // What came with the page: whoever is quick has typed before this script was there.
  served() {
    return Object.fromEntries(FIELDS.map((name) => [name, first(this.form.elements[name])]));
  }

  values() {
    const data = new FormData(this.form);
    return Object.fromEntries(FIELDS.map((name) => [name, String(data.get(name) ?? "")]));
  }

  dirty() {
    return changes(this.values(), this.saved).some((name) => !this.asking.has(name));
  }

  // Text that never reached the server (it was away, the page was closed) comes back.
  async restore() {
    const kept = await vault.get(this.code);
    const now = this.values();
    const asked = kept ? disputed(kept, this.saved, now) : [];
    for (const [name, value] of kept ? comingBack(kept, this.saved, now) : []) this.put(name, value);
    for (const [name, mine] of asked) this.put(name, mine);
    for (const [name, , their] of asked) this.ask(name, their);
    if (this.dirty()) this.changed(0);
    // The page that died had its last words saved after all.
    else if (kept && !this.asking.size) vault.drop(this.code);
  }

  keep() {
    return vault.put(this.code, { values: this.values(), saved: this.saved });
  }

  changed(pause) {
    this.keep();
    this.since ??= Date.now();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), Math.min(pause, Math.max(0, this.since + LONGEST_MS - Date.now())));
  }

  // One request at a time; what is typed meanwhile goes with the next.
  save(always = false) {
    clearTimeout(this.timer);
    this.since = undefined;
    this.running = (this.running ?? Promise.resolve()).then(() => always || this.dirty() ? this.send() : undefined);
    return this.running;
  }

  async send() {
    const sent = this.values();
    const body = new FormData(this.form);
    for (const name of this.asking.keys()) body.delete(name);
    // The way back in must not vanish under the pointer that leaves the field for it.
    if (this.status.dataset.state !== "signIn") this.say("saving");
    let answer;
    try {
      const headers = { Accept: "application/json", "X-CSRFToken": token() };
      const signal = AbortSignal.timeout(10000);
      answer = await fetch(this.form.dataset.save, { method: "POST", body, headers, signal });
    } catch {
      return this.later();
    }
    if (answer.status === 409) return this.merge(await answer.json());
    // Without a session the form's token is refused first.
    if (answer.status === 401 || answer.status === 400) return this.signIn();
    if (answer.status === 410) return this.say("ended");
    if (!answer.ok) return this.later();
    this.taken(sent, await answer.json());
  }

  taken(sent, answer) {
    this.tries = 0;
    this.form.elements.version.value = answer.version;
    for (const name of FIELDS) if (!(name in answer.problems) && !this.asking.has(name)) this.saved[name] = sent[name];
    this.mark(answer.problems);
    const left = Object.keys(answer.problems).length > 0 || this.dirty() || this.asking.size > 0;
    if (!left && !leaving) vault.drop(this.code);
    // What the server could not take stays typed here, and is not sent again until it changes.
    for (const name of Object.keys(answer.problems)) this.saved[name] = sent[name];
    this.say("saved", answer.saved_at);
    if (this.dirty()) this.changed(PAUSE_MS);
  }

  // Signed out meanwhile: the way back in leads here again, and the text comes back with it.
  signIn() {
    this.keep();
    if (this.status.dataset.state === "signIn") return;
    this.say("signIn");
    const link = document.createElement("a");
    link.href = location.pathname.endsWith("/file") ? `/drafts/${this.code}` : location.pathname + location.search;
    link.textContent = this.form.dataset.wordsAgain;
    this.status.append(" ", link);
  }

  later() {
    this.keep();
    this.say("kept");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), RETRY_MS[Math.min(this.tries++, RETRY_MS.length - 1)]);
  }

  // Field by field: only where both have written something else is a person asked.
  merge(theirs) {
    const { saved, take, ask } = merge(this.values(), this.saved, theirs.fields);
    this.form.elements.version.value = theirs.version;
    this.saved = saved;
    for (const [name, their] of take) this.put(name, their);
    for (const [name, their] of ask) this.ask(name, their);
    this.say("saving");
    return this.dirty() ? this.changed(0) : this.say("saved", "");
  }

  // The box of a field: a place is a code and a name in one.
  at(name) {
    const field = this.form.elements[name];
    return (field.length && !field.tagName ? field[0] : field).closest(".field");
  }

  ask(name, their) {
    const words = this.form.dataset;
    const at = this.at(name);
    this.asking.set(name, their);
    at.querySelector(".theirs")?.remove();
    const note = document.createElement("div");
    note.className = "theirs";
    note.setAttribute("role", "alert");
    const quote = document.createElement("q");
    quote.textContent = their;
    note.append(`${words.wordsTheirs} `, quote);
    for (const [label, take] of [[words.wordsMine, false], [words.wordsTake, true]]) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "btn btn-sm";
      button.textContent = label;
      button.addEventListener("click", () => {
        for (const [one, other] of [...this.asking].filter(([two]) => this.at(two) === at)) {
          this.asking.delete(one);
          if (take) this.put(one, other);
        }
        note.remove();
        this.changed(0);
      });
      note.append(" ", button);
    }
    at.append(note);
  }

  put(name, value) {
    const field = this.form.elements[name];
    if (!field) return;
    if (field.type === "checkbox") field.checked = Boolean(value);
    else field.value = value;
    field.dispatchEvent?.(new Event("combo-show"));
  }

  mark(problems) {
    for (const old of this.form.querySelectorAll(".live-problem")) old.remove();
    for (const [name, words] of Object.entries(problems)) {
      const line = document.createElement("div");
      line.className = "invalid-feedback d-block live-problem";
      line.textContent = words;
      this.form.elements[name]?.closest?.(".field")?.append(line);
    }
  }

  say(what, more = "") {
    this.status.textContent = `${this.form.dataset[WORDS[what]]} ${more}`.trim();
    this.status.dataset.state = what;
  }

  async file(event) {
    event.preventDefault();
    if (this.filing) return undefined;
    this.filing = true;
    // Saved even when nothing is new: whoever took the call over meanwhile has made the version another one.
    for (let turn = 0; turn < 3 && (turn === 0 || this.dirty()) && !this.asking.size; turn++) await this.save(true);
    this.filing = false;
    // Two texts want a choice, or the server is away: the page says so, and nothing is lost.
    if (this.asking.size) return this.form.querySelector(".theirs button")?.focus();
    if (this.dirty()) return undefined;
    this.filing = true;
    // The button pressed may lead elsewhere than the form itself.
    this.form.action = event.submitter?.getAttribute("formaction") ?? this.form.action;
    return this.form.submit();
  }
}

// A field's value as the server wrote it.
function first(field) {
  if (!field) return "";
  if (field instanceof RadioNodeList) return [...field].find((one) => one.defaultChecked)?.value ?? "";
  if (field.type === "checkbox") return field.defaultChecked ? field.value : "";
  if (field.options) return ([...field.options].find((one) => one.defaultSelected) ?? field.options[0])?.value ?? "";
  return field.defaultValue.replaceAll("\r\n", "\n");
}

function dress() {
  for (const [id, draft] of drafts) if (!document.contains(draft.form)) drafts.delete(id);
  for (const form of document.querySelectorAll("form[data-draft]")) {
    if (!drafts.has(form.id)) drafts.set(form.id, new Draft(form));
  }
  for (const form of document.querySelectorAll("form[data-flush]:not([data-dressed])")) {
    form.dataset.dressed = "1";
    form.addEventListener("submit", async (event) => {
      if (form.dataset.sent) return;
      event.preventDefault();
      form.dataset.sent = "1";
      await Promise.all([...drafts.values()].map((draft) => draft.save()));
      if (drafts.get(form.dataset.flush)?.dirty()) delete form.dataset.sent;
      else form.submit();
    });
  }
}

// What is kept of a draft that has no form here: its text can be read, its ticket opened.
async function showLeft() {
  const model = document.getElementById("left-text");
  if (!model) return;
  for (const { code, at } of vault.all()) {
    if (document.getElementById(`form-${code}`) || document.getElementById(`left-${code}`)) continue;
    const kept = await vault.get(code);
    const typed = kept ? changes(kept.values, kept.saved) : [];
    if (!typed.length) {
      vault.drop(code);
      continue;
    }
    const note = model.content.firstElementChild.cloneNode(true);
    note.id = `left-${code}`;
    note.querySelector("[data-left-code]").textContent = code.replace(/(...)(?=.)/g, "$1-");
    note.querySelector("[data-left-at]").textContent = new Date(at).toLocaleString("vi-VN");
    note.querySelector("a").href = `/drafts/${code}`;
    note.querySelector("[data-left-words]").textContent = typed.map((name) => kept.values[name]).join("\n");
    note.querySelector("[data-left-drop]").addEventListener("click", () => {
      vault.drop(code);
      note.remove();
    });
    document.getElementById("notice").append(note);
  }
}

// Signing out saves first and leaves nothing behind; what cannot be saved is not thrown away unasked.
const out = document.getElementById("sign-out")?.form;
out?.addEventListener("submit", async (event) => {
  event.preventDefault();
  await Promise.all([...drafts.values()].map((draft) => draft.save()));
  const unsaved = [...drafts.values()].some((draft) => draft.dirty());
  if (unsaved && !window.confirm(document.getElementById("left-text")?.dataset.wordsOut ?? "")) return;
  await vault.clear();
  out.submit();
});

// Not by scrollIntoView: that would take away the place from which Tab goes on.
function show(card) {
  if (!card) return;
  // Below what stays at the top of the window.
  const head = Number.parseFloat(getComputedStyle(document.documentElement).scrollPaddingTop) || 0;
  const { top, bottom } = card.getBoundingClientRect();
  if (top < head) scrollBy(0, top - head);
  else if (bottom > innerHeight) scrollBy(0, Math.min(top - head, bottom - innerHeight));
}

// A call that rings is shown; somebody who is typing is not thrown out of the line.
function look([fresh]) {
  const typing = document.activeElement?.closest("form[data-draft]");
  if (!fresh || typing) return;
  show(document.querySelector(`[data-call="${fresh.call}"]`));
}

document.addEventListener("click", (event) => {
  const pick = event.target.closest("[data-code]");
  if (!pick) return;
  pick.closest("form").elements.parent_code.value = pick.dataset.code;
  pick.closest(".candidates").replaceChildren();
});
// A name that this number gave before is taken by a person, never by itself.
document.addEventListener("click", (event) => {
  const known = event.target.closest("[data-take-name]");
  const field = known?.closest(".work")?.querySelector('input[name="reporter_name"]');
  if (!field) return;
  field.value = known.dataset.takeName;
  field.dispatchEvent(new Event("change", { bubbles: true }));
});
let wait;
document.addEventListener("input", (event) => {
  const input = event.target.closest("[data-candidates]");
  if (!input) return;
  clearTimeout(wait);
  wait = setTimeout(async () => {
    const url = `${input.dataset.candidates}?q=${encodeURIComponent(input.value)}`;
    const answer = await fetch(url, { headers: { "HX-Request": "true" } }).catch(() => null);
    if (answer?.ok) input.closest("form").querySelector(".candidates").innerHTML = await answer.text();
  }, 250);
});

dress();
showLeft();
document.addEventListener("htmx:after:swap", dress);
phone.subscribe((_state, begun) => look(begun.ringing));
// The page is left or hidden: not a second more for what is typed.
document.addEventListener("visibilitychange", () => {
  for (const draft of drafts.values()) if (document.hidden && draft.dirty()) draft.save();
});
document.body.addEventListener("live-extension", () => {
  for (const draft of drafts.values()) if (draft.dirty()) draft.save();
});
