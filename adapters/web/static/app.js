// The chat page: who one is, where one is, what is on its way, and what the server tells.

import { Composer } from "./composer.js";
import { openDialog, openForm } from "./forms.js";
import { Log } from "./log.js";
import { Home } from "./home.js";
import { avatar, card, el, house, lock, onlyYou, when } from "./message.js";
import { isAidPage, openAidPage } from "./opening.js";
import { Refusal, Stream, freshId, get, post, putIn } from "./server.js";

const $ = (id) => document.getElementById(id);
const OUTBOX = "lanyard.outbox";
const HOME = "~home"; // in the place of a conversation's id
const REST = 10 * 60 * 1000;

let room = null; // what /chat/room tells
let here = null; // the id of the open conversation
let stream = null;
let clockAt = 0; // performance.now() when room.now was told
let resting = null; // the timer after which a hidden page stops listening
let sending = Promise.resolve();
const underway = new Set(); // ids of what this page is sending

const me = () => room.people.find((person) => person.id === room.me);
const personOf = (id) => room.people.find((person) => person.id === id);
const zone = () => me()?.time_zone || undefined;
const channelOf = (id) => room.channels.find((channel) => channel.id === id);
const isDirect = () => here === room.direct;
const isHome = () => here === HOME;
const placeName = () => (isHome() ? "Home" : isDirect() ? room.bot : `#${channelOf(here)?.name ?? ""}`);

const log = new Log($("log"), $("jump"), {
  bot: () => room.bot,
  person: (id) => (id === null ? null : personOf(id)),
  names: () => [`@${room.bot}`, ...room.people.map((person) => `@${person.name}`), ...room.channels.map((channel) => `#${channel.name}`)],
  zone,
  isMe: (id) => id === room.me,
  onPress: press,
  onReply: (message) => composer.replyTo(message, message.author === null ? room.bot : personOf(message.author)?.name),
  onUse: use,
});

const home = new Home($("home"), {
  fetch: async () => (await get("/chat/home", { by: room.me })).home,
  onPress: press,
  onFault: (sentence) => notice({ parts: [{ kind: "text", tone: "normal", text: sentence }] }),
});

const composer = new Composer({
  choices: (mark) => {
    if (mark === "/") return room.commands.map(([word, hint]) => ({ insert: `/${word}`, hint }));
    if (mark === "#") return room.channels.map((channel) => ({ insert: `#${channel.name}`, hint: channel.topic }));
    const people = room.people.filter((person) => person.id !== room.me).map((person) => ({ insert: `@${person.name}`, hint: person.title }));
    return [{ insert: `@${room.bot}`, hint: "Asks in the open" }, ...people];
  },
  search: async (text) => (await get("/chat/search", { by: room.me, in: here, text })).found,
  onInsert: insert,
  onSend: (text, thread, files) => say({ id: freshId(), by: room.me, conversation: here, thread, text, files }),
  upload: async (file) => (await putIn(file, { by: room.me, id: freshId(), name: file.name })).file,
});

// ── Saying ───────────────────────────────────────────────────────────────────────────────────────────────────────────

const outbox = () => JSON.parse(localStorage.getItem(OUTBOX) ?? "[]");
const keep = (list) => localStorage.setItem(OUTBOX, JSON.stringify(list));
const drop = (id) => keep(outbox().filter((said) => said.id !== id));

function drawPending(said, status) {
  if (said.by !== room.me || said.conversation !== here) return;
  const now = new Date(clockNow()).toISOString();
  const message = { number: Infinity, seq: 0, id: said.id, thread: said.thread, author: said.by, only_you: false, at: now, text: said.text, files: (said.files ?? []).map((file) => file.name), card: null };
  if (Number.isFinite(log.messages.get(said.id)?.number)) return; // it is there already
  log.put(message, { status, mine: true });
}

function say(said) {
  keep([...outbox(), said]);
  drawPending(said, el("p", { class: "status" }, "Sending…"));
  transmit(said);
}

// One after the other, so that they arrive in the order in which they were written.
function transmit(said) {
  if (underway.has(said.id)) return;
  underway.add(said.id);
  sending = sending.then(async () => {
    try {
      const waiting = () => drawPending(said, el("p", { class: "status" }, "Still sending…"));
      const body = { ...said, files: (said.files ?? []).map((file) => file.id) };
      const { outcome } = await post("/chat/say", body, { tries: Infinity, onWait: waiting });
      drop(said.id);
      const expectsAnswer = said.conversation === room.direct || said.text.includes(`@${room.bot}`) || said.text.startsWith("/");
      if (said.by !== room.me || said.conversation !== here) return;
      if (outcome) show(outcome);
      else if (expectsAnswer && !log.isAnswered(said.id)) log.busy(room.bot);
    } catch (error) {
      drop(said.id);
      const again = el("button", { type: "button", class: "link-button" }, "Edit it");
      again.addEventListener("click", () => {
        log.remove(said.id);
        composer.put(said.text);
      });
      const reason = error instanceof Refusal ? error.message : String(error);
      drawPending(said, el("p", { class: "status failed", role: "alert" }, `Not sent. ${reason} `, again));
    }
  });
}

// ── Pressing ─────────────────────────────────────────────────────────────────────────────────────────────────────────

async function press(on, button) {
  await act("/chat/press", { on, verb: button.verb, value: button.value });
}

// A job aid that was searched for, into a message of one's own.
async function insert(title, text, thread) {
  await act("/chat/insert", { conversation: here, thread, text, title });
}

// A shortcut on somebody's message.
async function use(message, verb) {
  await act("/chat/use", { on: message.id, verb });
}

async function act(path, given) {
  try {
    const { outcome } = await post(path, { by: room.me, id: freshId(), ...given });
    if (outcome) show(outcome);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    notice({ parts: [{ kind: "text", tone: "normal", text: error.message }] });
  }
  if (isHome()) await home.refresh();
}

function show(outcome) {
  if (outcome.kind === "note") notice(outcome.note);
  if (outcome.kind === "errors") notice({ parts: [{ kind: "text", tone: "normal", text: Object.values(outcome.errors).join(" ") }] });
  if (outcome.kind !== "form") return;
  const { form } = outcome;
  let attempt = null; // the same values are the same submission, however often they are sent
  openForm(
    form,
    async (fields) => {
      const written = JSON.stringify(fields);
      if (attempt?.written !== written) attempt = { written, id: freshId() };
      const { outcome: next } = await post("/chat/submit", { by: room.me, id: attempt.id, form: form.token, fields });
      if (next?.kind === "errors") {
        attempt = null;
        return next.errors;
      }
      if (next) queueMicrotask(() => show(next));
      if (isHome()) home.refresh();
      return null;
    },
    async (button, close) => {
      close();
      await press(form.token, button);
    },
  );
}

function notice(body) {
  const close = el("button", { type: "button", class: "plain-icon", "aria-label": "Dismiss" }, "✕");
  const box = el("section", { class: "notice", "aria-label": "A word to you alone" }, onlyYou(), card(body, async (button) => {
    await press(body.token, button);
    box.remove();
  }), close);
  const dismiss = () => {
    box.remove();
    if (isHome()) home.focus();
    else composer.text.focus();
  };
  close.addEventListener("click", dismiss);
  box.addEventListener("keydown", (event) => event.key === "Escape" && dismiss());
  $("notices").append(box);
  while ($("notices").children.length > 3) $("notices").firstElementChild.remove();
}

// ── Where one is ─────────────────────────────────────────────────────────────────────────────────────────────────────

function place(id, name, kind) {
  const unread = room.unread[id] ?? 0;
  const mark = el("span", { class: "mark", "aria-hidden": "true" }, kind === "home" ? house() : kind === "direct" ? avatar(null, true) : kind === "private" ? lock() : "#");
  const link = el("a", { href: hashOf(room.me, id), class: `place${unread ? " unread" : ""}`, "aria-current": id === here ? "page" : null }, mark, el("span", { class: "place-label" }, name));
  if (kind === "private") link.append(el("span", { class: "sr" }, " (closed)"));
  if (unread) link.append(el("span", { class: "badge", "aria-hidden": "true" }, String(Math.min(unread, 99))), el("span", { class: "sr" }, `${unread} unread`));
  return el("li", {}, link);
}

function drawSidebar() {
  $("brand").textContent = room.bot;
  const person = me();
  const others = Object.entries(room.waiting).filter(([id]) => id !== room.me).length;
  const news = others ? el("span", { class: "badge soft", title: "Others have messages waiting" }, el("span", { "aria-hidden": "true" }, String(others)), el("span", { class: "sr" }, `${others} other ${others > 1 ? "people have" : "person has"} messages waiting`)) : null;
  const label = person
    ? [avatar(person), el("span", { class: "persona-text" }, el("span", { class: "persona-lead" }, "You are"), el("b", {}, person.name), el("span", { class: "persona-title" }, [person.title, person.badge].filter(Boolean).join(" · "))), news, el("span", { class: "chevron", "aria-hidden": "true" }, "⇅")]
    : ["Choose who you are"];
  $("persona").replaceChildren(...label.filter(Boolean));
  $("persona").hidden = false;
  if (!person) {
    $("places").replaceChildren();
    return;
  }
  const add = el("button", { type: "button", class: "plain-icon", "aria-label": "Add a channel", title: "Add a channel", onclick: addChannel }, "+");
  $("places").replaceChildren(
    el("ul", {}, place(HOME, "Home", "home")),
    el("h2", {}, "Direct message"),
    el("ul", {}, place(room.direct, room.bot, "direct")),
    el("div", { class: "section" }, el("h2", {}, "Channels"), add),
    room.channels.length
      ? el("ul", {}, ...room.channels.map((channel) => place(channel.id, channel.name, channel.private ? "private" : "open")))
      : el("p", { class: "hint" }, "None yet."),
  );
  const total = Object.values(room.unread).reduce((sum, n) => sum + n, 0);
  document.title = `${total ? `(${total}) ` : ""}${here ? `${placeName()} · ` : ""}Lanyard`;
  const elsewhere = Object.entries(room.unread).some(([id, n]) => id !== here && n > 0);
  $("elsewhere").hidden = !elsewhere;
  $("open-label").textContent = elsewhere ? "Conversations, some unread" : "Conversations";
}

function drawHead() {
  const channel = channelOf(here);
  $("place-name").textContent = placeName();
  const members = channel ? `${channel.members.length} ${channel.members.length === 1 ? "person" : "people"}` : "";
  const kind = channel?.private ? "Closed channel" : "";
  $("place-topic").textContent = isHome() ? "What is open for you; only you see it" : isDirect() ? `Only you and ${room.bot} can read this` : [channel.topic, kind, members].filter(Boolean).join(" · ");
  composer.address(placeName());
}

function emptyState(prompts) {
  const about = isDirect()
    ? `Ask anything about your work. ${room.bot} answers from short job aids, or finds a colleague who knows.`
    : `Nothing was said here yet. Write @${room.bot} to ask in the open.`;
  const asks = prompts.map((prompt) =>
    el("button", { type: "button", class: "prompt", onclick: () => (isDirect() ? say({ id: freshId(), by: room.me, conversation: here, thread: null, text: prompt }) : composer.put(`@${room.bot} ${prompt}`)) }, prompt),
  );
  const first = me().name.split(" ")[0];
  return el("div", { class: "empty" }, el("img", { src: "/chat/icon.svg", alt: "", width: 56, height: 56 }), el("h2", {}, isDirect() ? `Hello, ${first}` : placeName()), el("p", {}, about), asks.length ? el("div", { class: "prompts", role: "group", "aria-label": "Questions to begin with" }, ...asks) : null);
}

async function open(id, message = "") {
  here = id === HOME || id === room.direct || channelOf(id) ? id : room.direct;
  for (const part of ["log-frame", "composer"]) $(part).hidden = isHome();
  $("home").hidden = !isHome();
  log.clear(`Messages in ${placeName()}`);
  log.idle();
  $("notices").replaceChildren();
  composer.replyTo(null);
  drawHead();
  drawSidebar();
  const asked = here;
  if (isHome()) {
    await home.open();
    return;
  }
  const { messages, more, seen } = await get("/chat/messages", { by: room.me, in: here });
  if (asked !== here) return;
  const prompts = messages.length === 0 && !room.prompts.length && isDirect() ? (await get("/chat/begin", { by: room.me })).prompts : room.prompts;
  if (asked !== here) return;
  log.show(messages, { seen, more, onMore: earlier, empty: emptyState(prompts) });
  for (const said of outbox()) drawPending(said, el("p", { class: "status" }, "Sending…"));
  log.scrollToNew();
  composer.focus();
  see();
  if (message) await find(message, more);
}

// A link led to one message: it may lie further back.
async function find(id, more) {
  const asked = here;
  while (!log.point(id) && more && asked === here) more = await earlier();
}

async function earlier() {
  const before = Math.min(...[...log.messages.values()].filter((message) => message.thread === null).map((message) => message.number));
  const height = log.root.scrollHeight;
  const { messages, more, seen } = await get("/chat/messages", { by: room.me, in: here, before });
  log.show(messages, { seen, more, onMore: earlier, empty: null });
  log.root.scrollTop += log.root.scrollHeight - height;
  log.root.focus({ preventScroll: true });
  return more;
}

function see() {
  const newest = log.newest();
  if (document.visibilityState !== "visible" || !room.unread[here] || !newest) return;
  delete room.unread[here];
  drawSidebar();
  post("/chat/see", { by: room.me, conversation: here, number: newest }).catch(() => {});
}

// ── Who one is ───────────────────────────────────────────────────────────────────────────────────────────────────────

const hashOf = (person, conversation = "") => `#/${encodeURIComponent(person)}/${encodeURIComponent(conversation)}`;
const fromHash = () => location.hash.split("/").slice(1).map(decodeURIComponent);

function choosePerson() {
  const choose = (person) =>
    el(
      "li",
      {},
      el(
        "button",
        {
          type: "button",
          class: "choice",
          "aria-current": person.id === room.me ? "true" : null,
          onclick: () => {
            dialog.close();
            location.hash = hashOf(person.id);
          },
        },
        avatar(person),
        el("span", { class: "choice-text" }, el("b", {}, person.name), el("span", {}, person.title || person.email || "")),
        person.badge ? el("span", { class: "tag" }, person.badge) : null,
        room.waiting[person.id] ? el("span", { class: "badge" }, el("span", { "aria-hidden": "true" }, String(room.waiting[person.id])), el("span", { class: "sr" }, `${room.waiting[person.id]} waiting`)) : null,
      ),
    );
  const close = el("button", { type: "button", class: "button plain", onclick: () => dialog.close() }, "Close");
  const add = el("button", { type: "button", class: "button plain", onclick: () => { dialog.close(); addPerson(); } }, "Add a person…");
  const dialog = el(
    "dialog",
    { class: "dialog", "aria-labelledby": "choose-title" },
    el("h2", { id: "choose-title" }, "Who do you want to be?"),
    el("p", { class: "hint" }, "This is a demonstration: look at it through anybody's eyes."),
    el("ul", { class: "choices" }, ...room.people.map(choose)),
    el("div", { class: "form-foot" }, add, close),
  );
  openDialog(dialog, dialog.querySelector("[aria-current]"));
}

const line = (name, label, more = {}) => ({ name, label, kind: "line", value: "", hint: "", required: true, options: [], ...more });

function addPerson() {
  const fields = [line("name", "Name"), line("email", "E-mail address", { kind: "email", hint: "Nothing is sent to it. It tells people apart." })];
  const form = { title: "Add a person", submit: "Add", parts: [], fields };
  openForm(form, async ({ name, email }) => {
    const missing = { ...(name.trim() ? {} : { name: "Please give a name." }), ...(email.trim() ? {} : { email: "Please give an e-mail address." }) };
    if (Object.keys(missing).length) return missing;
    const time_zone = Intl.DateTimeFormat().resolvedOptions().timeZone || null;
    const { person } = await post("/chat/people", { name, email, time_zone }, { tries: 1 });
    location.hash = hashOf(person);
    return null;
  });
}

function addChannel() {
  const others = room.people.filter((person) => person.id !== room.me).map((person) => [person.id, person.name]);
  const fields = [
    line("name", "Name", { hint: "Short, as in help or new-starters." }),
    line("topic", "What it is for", { required: false }),
    line("kind", "Who can read it", { kind: "choice", value: "open", options: [["open", "Everybody"], ["closed", "Only those chosen here"]] }),
    ...(others.length ? [line("members", "People in a closed channel", { kind: "choices", required: false, options: others })] : []),
  ];
  openForm({ title: "Add a channel", submit: "Add", parts: [], fields }, async ({ name, topic, kind, members = [] }) => {
    if (!name.trim()) return { name: "Please give a name." };
    const isPrivate = kind === "closed";
    const { conversation } = await post("/chat/channels", { by: room.me, name, topic, private: isPrivate, members: isPrivate ? members : [] }, { tries: 1 });
    await refresh();
    location.hash = hashOf(room.me, conversation);
    return null;
  });
}

function welcome() {
  $("composer").hidden = true;
  $("place-name").textContent = "Welcome";
  $("place-topic").textContent = "";
  const add = el("button", { type: "button", class: "button primary", onclick: addPerson }, "Add a person");
  log.clear("Messages");
  log.root.append(el("div", { class: "empty" }, el("img", { src: "/chat/icon.svg", alt: "", width: 56, height: 56 }), el("h2", {}, "Nobody is here yet"), el("p", {}, "Add yourself with a name and an e-mail address to begin. Nothing leaves this machine."), add));
}

// ── News ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

const clockNow = () => new Date(room.now).getTime() + performance.now() - clockAt;

function drawClock() {
  if (!room) return;
  const now = new Date(clockNow()).toISOString();
  $("clock").dateTime = now;
  $("clock").textContent = `${when(now, zone(), "short")}, ${when(now, zone(), "time")}`;
  $("skip-menu").hidden = !room.can_skip || !room.me;
}

function tell(news) {
  room = { ...room, ...news };
  room.people.forEach((person, position) => Object.assign(person, { position }));
  clockAt = performance.now();
  drawClock();
}

async function refresh() {
  tell(await get("/chat/room", { by: room.me }));
  drawSidebar();
  if (here) drawHead();
}

function listen() {
  stream?.close();
  const by = room.me;
  stream = new Stream(by, room.seq, {
    onMessage: (message) => {
      if (by !== room.me || message.conversation !== here) return;
      const isAnswer = message.author === null && !log.messages.has(message.id);
      if (isAnswer) log.idle();
      log.put(message, { mine: message.author === room.me });
    },
    onState: async ({ unread, waiting, now, roster }, seq) => {
      if (by !== room.me) return;
      tell({ unread, waiting, now, seq });
      if (roster) await refresh();
      else drawSidebar();
      if (isHome()) home.refreshSoon();
      see();
    },
    onWorking: (conversation) => {
      if (by === room.me && conversation === here) log.busy(room.bot);
    },
    onReset: () => location.reload(),
    onLine: (isOn) => {
      $("offline").hidden = isOn;
    },
  });
}

async function go() {
  const [named, conversation, message] = fromHash();
  const person = named || room?.me; // a link to a message is for whoever one is
  if (!room?.me || room.me !== person) {
    const everybody = await get("/chat/room");
    const last = localStorage.getItem("lanyard.me");
    const chosen = [person, last, everybody.people[0]?.id].find((id) => everybody.people.some((known) => known.id === id));
    if (!chosen) {
      tell({ ...everybody, channels: [], unread: {} });
      drawSidebar();
      welcome();
      return;
    }
    localStorage.setItem("lanyard.me", chosen);
    $("composer").hidden = false;
    tell(await get("/chat/room", { by: chosen }));
    listen();
    if (named !== chosen) history.replaceState(null, "", hashOf(chosen, conversation));
  } else if (!named) {
    history.replaceState(null, "", hashOf(room.me, conversation));
  }
  drawer(false);
  await open(conversation || room.direct, message);
}

function drawer(isOpen) {
  document.body.classList.toggle("drawer-open", isOpen);
  $("backdrop").hidden = !isOpen;
  $("open-sidebar").setAttribute("aria-expanded", String(isOpen));
}

$("persona").addEventListener("click", () => (room.people.length ? choosePerson() : addPerson()));
$("open-sidebar").addEventListener("click", () => {
  drawer(true);
  $("close-sidebar").focus();
});
for (const id of ["close-sidebar", "backdrop"]) {
  $(id).addEventListener("click", () => {
    drawer(false);
    $("open-sidebar").focus();
  });
}
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  if (document.body.classList.contains("drawer-open")) {
    drawer(false);
    $("open-sidebar").focus();
  }
  $("skip-menu").open = false;
});
document.addEventListener("click", (event) => {
  if (!$("skip-menu").contains(event.target)) $("skip-menu").open = false;
});
document.addEventListener("click", async (event) => {
  const link = event.target.closest?.("a[href]");
  if (!link || !isAidPage(link.href) || !room?.me) return;
  event.preventDefault();
  const sentence = await openAidPage(link.href, { by: room.me, conversation: isHome() ? room.direct : here });
  if (sentence) notice({ parts: [{ kind: "text", tone: "normal", text: sentence }] });
});
$("skip-menu").addEventListener("click", async (event) => {
  const to = event.target.dataset?.skip;
  if (!to) return;
  $("skip-menu").open = false;
  $("skip-menu").querySelector("summary").focus();
  try {
    const { now } = await post("/chat/skip", { by: room.me, to }, { tries: 1 });
    tell({ now });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    notice({ parts: [{ kind: "text", tone: "normal", text: error.message }] });
  }
});
// A browser keeps few connections to one server; pages that nobody looks at give theirs back after a while.
document.addEventListener("visibilitychange", () => {
  clearTimeout(resting);
  if (document.hidden) {
    resting = setTimeout(() => {
      stream?.close();
      stream = null;
    }, REST);
    return;
  }
  if (room?.me && !stream) listen();
  if (room?.me && here) see();
});
addEventListener("hashchange", go);
setInterval(drawClock, 5000);

await go();
for (const said of outbox()) transmit(said);
