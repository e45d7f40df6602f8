// The guided tour: one step beside what it is about. The page stays usable, and a call that comes in goes first.
import { keys } from "../../static/keys/index.js";
import { phone } from "../../static/phone/index.js";

function start() {
  const box = document.getElementById("tour");
  if (!box) return;
  const spot = document.getElementById("tour-spot");
  const aside = document.getElementById("tour-aside");
  const menu = document.getElementById("menu-tour");
  const [back, next, tip] = [".tour-back", ".tour-next", ".tour-tip"].map((name) => box.querySelector(name));
  const words = box.dataset;
  const KEY = `tour-${words.who}`;
  const [GAP, EDGE, SPARE, LINE] = [16, 12, 6, 3];
  let steps;
  let step;
  let anchor;
  let opener;
  let talked = false;
  // closed, open, or aside: the phone rings or somebody talks, and nothing of the tour is in the way.
  let state = "closed";

  const seen = (element) => (element.checkVisibility?.() ?? true) && element.getBoundingClientRect().height > 0;
  const find = (name) => [...document.querySelectorAll(`[data-tour~="${name}"]`)].find(seen);
  const typing = () => document.activeElement?.matches("input, textarea, select");
  const keep = (what) => sessionStorage.setItem(KEY, JSON.stringify(what));
  const kept = () => JSON.parse(sessionStorage.getItem(KEY) ?? "null");

  async function read() {
    const answer = await fetch(words.steps, { headers: { "HX-Request": "true" } });
    if (!answer.ok) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    return [...page.querySelectorAll("template")].map((one) => ({
      anchor: one.dataset.anchor,
      texts: [...one.content.children].map((part) => part.textContent),
    }));
  }

  async function begin(from = "") {
    try {
      steps ??= await read();
    } catch {
      const told = document.createElement("div");
      told.className = "alert alert-warning mb-2";
      told.textContent = words.wordsFailed;
      return document.getElementById("notice").replaceChildren(told);
    }
    aside.hidden = true;
    show(steps.find((one) => one.anchor === from && find(from)) ?? steps.find((one) => find(one.anchor)));
  }

  function show(one, focus = true) {
    if (!one) return;
    step = one;
    anchor = find(step.anchor);
    keep({ at: step.anchor });
    if (phone.state.engaged) return stepAside();
    state = "open";
    const going = steps.filter((other) => other === step || find(other.anchor));
    const at = going.indexOf(step);
    const [title, what, now] = step.texts;
    document.getElementById("tour-title").textContent = title;
    box.querySelector(".tour-what").textContent = what;
    box.querySelector(".tour-do span").textContent = now;
    for (const mark of document.querySelectorAll(".tour-at")) {
      mark.textContent = `${at + 1}/${going.length}`;
      mark.title = words.wordsAt.replace("{at}", at + 1).replace("{all}", going.length);
    }
    const had = document.activeElement;
    back.hidden = at === 0;
    next.textContent = at === going.length - 1 ? words.wordsEnd : words.wordsNext;
    box.hidden = false;
    bring();
    place();
    if (focus) (had === back && !back.hidden ? back : next).focus({ preventScroll: true });
  }

  function move(by) {
    const going = steps.filter((one) => one === step || find(one.anchor));
    const to = going[going.indexOf(step) + by];
    if (to) show(to);
    else if (by > 0) leave();
  }

  const barEnd = () => Math.max(0, document.querySelector(".topbar").getBoundingClientRect().bottom);

  // Into sight, with room for the words below it; what is in sight already does not move.
  function bring() {
    if (!anchor) return;
    const { top, bottom, height } = anchor.getBoundingClientRect();
    if (anchor.closest(".topbar") && top >= 0) return;
    const room = window.innerHeight - barEnd() - box.offsetHeight - 2 * GAP;
    const fits = height < room && window.innerWidth >= 576;
    if (fits && top >= barEnd() && bottom <= window.innerHeight) return;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    anchor.scrollIntoView({ block: fits ? "center" : "start", behavior: still ? "instant" : "smooth" });
  }

  // The part of the anchor that is in sight.
  function target() {
    if (!anchor || !document.contains(anchor) || !seen(anchor)) anchor = find(step.anchor);
    if (!anchor) return null;
    const rect = anchor.getBoundingClientRect();
    const low = anchor.closest(".topbar") ? 0 : barEnd();
    const top = Math.max(rect.top - SPARE, low + LINE);
    const bottom = Math.min(rect.bottom + SPARE, window.innerHeight - LINE);
    const left = Math.max(rect.left - SPARE, LINE);
    const right = Math.min(rect.right + SPARE, document.documentElement.clientWidth - LINE);
    return bottom - top > 2 * SPARE ? { top, bottom, left, right, low } : null;
  }

  const within = (value, low, high) => Math.max(low, Math.min(value, high));

  function place() {
    if (state !== "open") return;
    const at = target();
    spot.hidden = !at;
    tip.hidden = true;
    const [width, height] = [box.offsetWidth, box.offsetHeight];
    const [wide, high] = [window.innerWidth, window.innerHeight];
    // Nothing to stand beside, or no room beside it: at the lower edge.
    let [left, top] = [(wide - width) / 2, high - height - EDGE];
    if (at) {
      put(spot, { left: at.left, top: at.top, width: at.right - at.left, height: at.bottom - at.top });
      left = within((at.left + at.right - width) / 2, EDGE, wide - width - EDGE);
      const beside = within((at.top + Math.min(at.bottom, at.top + 240) - height) / 2, at.low + EDGE, high - height - EDGE);
      const ways = {
        below: { fits: at.bottom + GAP + height <= high - EDGE, left, top: at.bottom + GAP },
        above: { fits: at.top - GAP - height >= at.low + EDGE, left, top: at.top - GAP - height },
        after: { fits: at.right + GAP + width <= wide - EDGE, left: at.right + GAP, top: beside },
        before: { fits: at.left - GAP - width >= EDGE, left: at.left - GAP - width, top: beside },
      };
      const tall = at.bottom - at.top > high / 2;
      const order = tall ? ["after", "before", "below", "above"] : ["below", "above", "after", "before"];
      const way = order.find((name) => ways[name].fits);
      if (way) {
        ({ left, top } = ways[way]);
        tip.hidden = false;
        tip.dataset.way = way;
        const middle = within((at.left + at.right) / 2 - left, 24, width - 24);
        const level = within((at.top + Math.min(at.bottom, at.top + 240)) / 2 - top, 24, height - 24);
        tip.style.left = way === "below" || way === "above" ? `${middle}px` : "";
        tip.style.top = way === "after" || way === "before" ? `${level}px` : "";
      } else {
        top = high - height - EDGE;
      }
    }
    put(box, { left, top });
  }

  function put(element, sizes) {
    for (const [name, value] of Object.entries(sizes)) element.style[name] = `${Math.round(value)}px`;
  }

  function hide() {
    box.hidden = spot.hidden = aside.hidden = true;
  }

  function stepAside() {
    const focused = box.contains(document.activeElement);
    state = "aside";
    keep({ at: step.anchor, aside: true });
    hide();
    if (focused) document.getElementById("main").focus({ preventScroll: true });
  }

  // After a ring alone the step comes back by itself; after a talk there is a ticket to write, so it asks.
  function comeBack() {
    if (!talked && !typing()) return show(step, document.activeElement === document.getElementById("main"));
    aside.hidden = false;
  }

  function leave() {
    const focused = box.contains(document.activeElement) || aside.contains(document.activeElement);
    state = "closed";
    hide();
    sessionStorage.removeItem(KEY);
    if (focused) {
      if (opener && seen(opener)) opener.focus();
      else document.getElementById("main").focus({ preventScroll: true });
    }
    if (!("due" in words)) return;
    delete words.due;
    const token = document.querySelector('meta[name="csrf-token"]').content;
    // Not told to the server (it is away): offered again at the next visit.
    fetch(words.done, { method: "POST", headers: { "X-CSRFToken": token }, keepalive: true }).catch(() => {});
  }

  function look() {
    if (state === "closed") return;
    const busy = phone.state.engaged;
    if (busy) {
      talked ||= phone.state.spoken;
      aside.hidden = true;
      if (state === "open") stepAside();
    } else if (state === "aside") {
      if (aside.hidden) comeBack();
    } else {
      place();
    }
  }

  next.addEventListener("click", () => move(1));
  back.addEventListener("click", () => move(-1));
  for (const button of document.querySelectorAll(".tour-leave")) button.addEventListener("click", leave);
  aside.querySelector(".tour-resume").addEventListener("click", () => {
    talked = false;
    begin(step?.anchor ?? kept()?.at);
  });
  keys.on("tourMove", (event, key) => box.contains(event.target) && move(key === "ArrowRight" ? 1 : -1), { repeats: true });
  keys.layer("tour", () => state === "open", leave);
  let asked = 0;
  const placeSoon = () => { asked ||= requestAnimationFrame(() => { asked = 0; place(); }); };
  window.addEventListener("scroll", placeSoon, { capture: true, passive: true });
  window.addEventListener("resize", placeSoon);
  document.addEventListener("toggle", placeSoon, true);
  document.addEventListener("htmx:after:swap", look);

  if (menu) {
    menu.hidden = false;
    menu.addEventListener("click", () => {
      const holder = menu.closest("details");
      if (holder) holder.open = false;
      if (!("here" in words)) return location.assign(`${words.page}#tour`);
      opener = holder?.querySelector("summary");
      talked = false;
      begin();
    });
  }

  // When the page's parts have come, so that nothing moves under the words.
  function whenReady(go) {
    let done = false;
    const once = () => {
      if (done) return;
      done = true;
      watch.disconnect();
      requestAnimationFrame(go);
    };
    const watch = new MutationObserver(() => { if (document.body.dataset.liveReady) once(); });
    watch.observe(document.body, { attributeFilter: ["data-live-ready"] });
    setTimeout(once, 2000);
    if (document.body.dataset.liveReady) once();
  }

  if (!("here" in words)) return;
  if (location.hash === "#tour") {
    history.replaceState(null, "", location.pathname + location.search);
    whenReady(() => begin());
  } else if ("due" in words) {
    const before = kept();
    whenReady(async () => {
      if (!before?.aside) return begin(before?.at);
      steps = await read().catch(() => null);
      step = steps?.find((one) => one.anchor === before.at) ?? steps?.[0];
      if (!step) return;
      state = "aside";
      talked = true;
      look();
    });
  }
}

start();
