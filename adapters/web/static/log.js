// The list of messages of one conversation: replies stand under what they answer, days are parted, what is new is marked.

import { article, el, when } from "./message.js";

const NEAR = 80;
const JOIN_WITHIN = 5 * 60 * 1000;

export class Log {
  // `context` gives what an article needs: { bot, person(id), names(), zone(), onPress, onReply }
  constructor(root, jump, context) {
    this.root = root;
    this.jump = jump;
    this.context = context;
    this.messages = new Map();
    this.seen = 0;
    this.following = true; // whoever reads has not turned away from what is newest
    this.newestShown = null; // the article that was brought into view last, until somebody scrolls
    this.placed = 0; // where the page itself has put the view
    this.jump.addEventListener("click", () => this.follow());
    this.root.addEventListener("scroll", () => this.scrolled());
    // A keyboard, a notice, a turned telephone: the frame changes, and what was at its end no longer is.
    new ResizeObserver(() => this.keepInView()).observe(this.root);
    this.root.addEventListener("load", () => this.keepInView(), true); // a picture has got its height
  }

  clear(label) {
    this.messages.clear();
    this.newestShown = null;
    this.following = true;
    this.root.replaceChildren();
    this.root.setAttribute("aria-label", label);
    this.forget();
  }

  show(messages, { seen, more, onMore, empty }) {
    this.seen = seen;
    // The whole history is not read out; only what comes later is.
    this.root.setAttribute("aria-live", "off");
    for (const message of messages) this.put(message, { quiet: true });
    this.root.querySelector(".earlier")?.remove();
    if (more) this.root.prepend(el("button", { type: "button", class: "earlier", onclick: onMore }, "Show earlier messages"));
    if (this.messages.size === 0 && empty) this.root.append(empty);
    requestAnimationFrame(() => this.root.setAttribute("aria-live", "polite"));
  }

  scrollToNew() {
    const mark = this.root.querySelector(".new-line") ?? this.root.querySelector(".is-new");
    if (!mark) return this.toEnd();
    this.turn(mark, "start");
  }

  toEnd() {
    this.root.scrollTop = this.root.scrollHeight;
    this.placed = this.root.scrollTop;
    this.following = true;
  }

  // Look somewhere on somebody's behalf: from then on it is theirs to say whether they follow what is new.
  turn(element, block) {
    element.scrollIntoView({ block });
    this.placed = this.root.scrollTop;
    this.newestShown = null;
    this.following = this.isAtEnd();
  }

  // The page moves the view too; only what somebody does by hand tells what they want to see.
  scrolled() {
    if (this.isAtEnd()) this.forget();
    if (Math.abs(this.root.scrollTop - this.placed) <= 1) return;
    this.placed = this.root.scrollTop;
    this.newestShown = null;
    this.following = this.isAtEnd();
  }

  keepInView() {
    if (!this.following) return;
    if (this.newestShown?.isConnected) this.bring(this.newestShown);
    else this.toEnd();
  }

  // All of it where the frame has room, else from its beginning.
  bring(drawn) {
    const fits = drawn.offsetHeight < this.root.clientHeight;
    const isLast = [...this.root.querySelectorAll("article")].at(-1) === drawn;
    if (fits && isLast) this.toEnd();
    else drawn.scrollIntoView({ block: fits ? "nearest" : "start" });
    this.placed = this.root.scrollTop;
    this.newestShown = drawn;
    this.following = isLast || this.isAtEnd();
  }

  isAtEnd() {
    return this.root.scrollHeight - this.root.scrollTop - this.root.clientHeight < NEAR;
  }

  newest() {
    return Math.max(0, ...[...this.messages.values()].map((message) => (Number.isFinite(message.number) ? message.number : 0)));
  }

  // A message that is new, changed, or was on its way. `status` is an element for one that is not yet accepted.
  put(message, { status = null, quiet = false, mine = false } = {}) {
    const known = this.messages.get(message.id);
    if (known && known.seq >= message.seq && !status) return;
    this.root.querySelector(".empty")?.remove();
    this.messages.set(message.id, message);
    const drawn = article(message, {
      bot: this.context.bot(),
      person: this.context.person(message.author),
      names: this.context.names(),
      zone: this.context.zone(),
      onPress: this.context.onPress,
      onReply: message.only_you || status ? null : this.context.onReply,
      onUse: status ? null : this.context.onUse,
      status,
    });
    const old = this.root.querySelector(`article[data-id="${CSS.escape(message.id)}"]`);
    if (old) this.replace(old, drawn);
    else this.insert(message, drawn);
    if (quiet && message.number > this.seen && !this.context.isMe(message.author)) drawn.classList.add("is-new");
    this.arrange();
    if (old) this.keepInView();
    else if (!quiet) this.reveal(drawn, { mine, isReply: message.thread !== null });
  }

  replace(old, drawn) {
    // Somebody may stand on a button of the card that is being replaced.
    const held = [...old.querySelectorAll("button, a")].indexOf(document.activeElement);
    if (old.classList.contains("is-meant")) drawn.classList.add("is-meant");
    if (old.classList.contains("is-new")) drawn.classList.add("is-new");
    old.replaceWith(drawn);
    if (this.newestShown === old) this.newestShown = drawn;
    if (held >= 0) ([...drawn.querySelectorAll("button, a")][held] ?? drawn.querySelector("button, a"))?.focus();
  }

  insert(message, drawn) {
    const root = message.thread && this.root.querySelector(`.talk[data-root="${CSS.escape(message.thread)}"]`);
    if (root) {
      const list = root.querySelector(".replies") ?? root.appendChild(el("div", { class: "replies", role: "group", "aria-label": "Replies" }));
      const later = [...list.children].find((child) => Number(child.dataset.number) > message.number);
      list.insertBefore(drawn, later ?? null);
      return;
    }
    const talk = el("div", { class: "talk", "data-root": message.id }, drawn);
    const later = [...this.root.querySelectorAll(":scope > .talk")].find((child) => Number(child.firstElementChild.dataset.number) > message.number);
    this.root.insertBefore(talk, later ?? this.root.querySelector(":scope > .busy"));
  }

  arrange() {
    for (const line of this.root.querySelectorAll(".day, .new-line")) line.remove();
    const zone = this.context.zone();
    let before = null;
    let marked = false;
    for (const talk of this.root.querySelectorAll(":scope > .talk")) {
      const first = talk.firstElementChild;
      const message = this.messages.get(first.dataset.id);
      const day = when(message.at, zone, "date");
      const isNewDay = !before || when(before.at, zone, "date") !== day;
      if (isNewDay) this.root.insertBefore(el("div", { class: "day", role: "separator" }, el("span", {}, when(message.at, zone, "day"))), talk);
      const isNew = !marked && first.classList.contains("is-new");
      if (isNew) {
        marked = true;
        this.root.insertBefore(el("div", { class: "new-line", role: "separator" }, el("span", {}, "New")), talk);
      }
      const joined = before && !isNewDay && !isNew && before.author === message.author && !before.hasReplies && before.only_you === message.only_you && new Date(message.at) - new Date(before.at) < JOIN_WITHIN;
      first.classList.toggle("joined", Boolean(joined));
      before = { ...message, hasReplies: Boolean(talk.querySelector(".replies")) };
    }
  }

  reveal(drawn, { mine, isReply }) {
    if (mine || this.following) this.bring(drawn);
    if (this.isInView(drawn)) return;
    this.target = drawn;
    const above = drawn.getBoundingClientRect().top < this.root.getBoundingClientRect().top;
    this.jump.textContent = `${isReply ? "New reply" : "New message"} ${above ? "↑" : "↓"}`;
    this.jump.hidden = false;
  }

  // Show one message, and say that it is meant. False where it is not here.
  point(id) {
    const drawn = this.root.querySelector(`article[data-id="${CSS.escape(id)}"]`);
    if (!drawn) return false;
    drawn.classList.add("is-meant");
    drawn.setAttribute("tabindex", "-1");
    this.turn(drawn, "center");
    drawn.focus({ preventScroll: true });
    return true;
  }

  isInView(element) {
    const frame = this.root.getBoundingClientRect();
    const box = element.getBoundingClientRect();
    return box.top < frame.bottom - 20 && box.bottom > frame.top + 20;
  }

  follow() {
    if (this.target) this.bring(this.target);
    this.forget();
    this.root.focus({ preventScroll: true });
  }

  forget() {
    this.target = null;
    this.jump.hidden = true;
  }

  // Whether the bot has said something here since the message with this id.
  isAnswered(id) {
    const asked = this.messages.get(id)?.number ?? Infinity;
    return [...this.messages.values()].some((message) => message.author === null && message.number > asked);
  }

  remove(id) {
    this.messages.delete(id);
    const drawn = this.root.querySelector(`article[data-id="${CSS.escape(id)}"]`);
    const talk = drawn?.closest(".talk");
    drawn?.remove();
    if (talk && !talk.querySelector("article")) talk.remove();
    this.arrange();
  }

  busy(name) {
    this.idle();
    this.root.append(el("div", { class: "busy", "aria-hidden": "true" }, el("span", { class: "dots" }, el("i"), el("i"), el("i")), `${name} is looking…`));
    this.keepInView();
    this.timer = setTimeout(() => this.idle(), 10_000);
  }

  idle() {
    clearTimeout(this.timer);
    this.root.querySelector(".busy")?.remove();
  }
}
