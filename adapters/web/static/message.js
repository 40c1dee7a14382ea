// Drawing one message, card or note. Every text is set as text; the one HTML is Markdown made by the server.

export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

const HUES = 8;

export function avatar(person, bot = false) {
  if (bot) return el("img", { class: "avatar", src: "/chat/icon.svg", alt: "" });
  const name = person?.name || "?";
  const words = name.trim().split(/\s+/);
  const initials = [words[0], words.length > 1 ? words.at(-1) : ""].map((word) => [...word][0] || "").join("");
  return el("span", { class: `avatar hue-${(person?.position ?? 5) % HUES}`, "aria-hidden": "true" }, initials.toUpperCase());
}

export function lock() {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  for (const [name, value] of Object.entries({ viewBox: "0 0 16 16", class: "lock", "aria-hidden": "true" })) svg.setAttribute(name, value);
  path.setAttribute("fill", "currentColor");
  path.setAttribute("d", "M4.5 7V5a3.5 3.5 0 0 1 7 0v2h.5a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V8a1 1 0 0 1 1-1zM6 7h4V5a2 2 0 0 0-4 0z");
  svg.append(path);
  return svg;
}

export function house() {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  for (const [name, value] of Object.entries({ viewBox: "0 0 16 16", class: "lock", "aria-hidden": "true" })) svg.setAttribute(name, value);
  path.setAttribute("fill", "currentColor");
  path.setAttribute("d", "M8 1.5 1.5 7v1.2h1.3V14h4V9.8h2.4V14h4V8.2h1.3V7z");
  svg.append(path);
  return svg;
}

const formats = new Map();

export function when(iso, zone, kind) {
  const options = {
    time: { hour: "2-digit", minute: "2-digit" },
    day: { weekday: "long", day: "numeric", month: "long" },
    short: { weekday: "short", day: "numeric", month: "short" },
    date: { year: "numeric", month: "2-digit", day: "2-digit" },
  }[kind];
  const key = `${zone} ${kind}`;
  if (!formats.has(key)) {
    try {
      formats.set(key, new Intl.DateTimeFormat("en-GB", { ...options, timeZone: zone || undefined }));
    } catch {
      formats.set(key, new Intl.DateTimeFormat("en-GB", options));
    }
  }
  return formats.get(key).format(new Date(iso)).replace(/^(\w+), /, "$1 ");
}

const FOLD = 2500;

function folding(element, length) {
  if (length <= FOLD) return element;
  element.classList.add("folded");
  const more = el("button", { type: "button", class: "link-button", "aria-expanded": "false" }, "Show all");
  more.addEventListener("click", () => {
    const folded = element.classList.toggle("folded");
    more.textContent = folded ? "Show all" : "Show less";
    more.setAttribute("aria-expanded", String(!folded));
  });
  return el("div", {}, element, more);
}

// To a message of this very page one goes within it.
const isInside = (url) => url.startsWith(`${location.origin}/#`);

function outside(url, label) {
  if (isInside(url)) return el("a", { href: url.slice(location.origin.length) }, label);
  return el("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, label);
}

// Somebody's own words: addresses become links, names are marked, nothing else happens to them.
function words(text, names) {
  const known = [...names].sort((a, b) => b.length - a.length).map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const mention = known.length ? `|(?<![\\w@])(?:${known.join("|")})(?!\\w)` : "";
  const pattern = new RegExp(`https?://[^\\s<>"']+[^\\s<>"'.,;:!?)\\]]${mention}`, "giu");
  const parts = [];
  let last = 0;
  for (const hit of text.matchAll(pattern)) {
    parts.push(text.slice(last, hit.index));
    const isLink = /^https?:/i.test(hit[0]);
    parts.push(isLink ? outside(hit[0], hit[0]) : el("span", { class: "mention" }, hit[0]));
    last = hit.index + hit[0].length;
  }
  parts.push(text.slice(last));
  return parts;
}

function markdown(html) {
  const body = el("div", { class: "markdown" });
  body.innerHTML = html;
  for (const table of body.querySelectorAll("table")) {
    const frame = el("div", { class: "table-frame", tabindex: "0", role: "region", "aria-label": "Table" });
    table.replaceWith(frame);
    frame.append(table);
  }
  for (const link of body.querySelectorAll("a")) link.append(el("span", { class: "sr" }, " (opens a new tab)"));
  return folding(body, body.textContent.length);
}

function links(part) {
  const items = part.links.map(({ label, url }) => {
    if (!url) return el("li", {}, label);
    if (isInside(url)) return el("li", {}, outside(url, label));
    const host = url.startsWith("mailto:") ? "" : new URL(url).host;
    const link = outside(url, label);
    link.append(el("span", { class: "sr" }, " (opens a new tab)"));
    return el("li", {}, link, host && host !== label ? el("span", { class: "host" }, host) : null);
  });
  return el("ul", { class: "links" }, ...items);
}

function buttons(part, onPress) {
  const shown = part.buttons.map((button) => {
    const dialog = button.opens_form ? "dialog" : null;
    const element = el("button", { type: "button", class: `button ${button.style}`, "aria-haspopup": dialog }, button.label);
    element.addEventListener("click", async () => {
      if (element.getAttribute("aria-busy") === "true") return;
      element.setAttribute("aria-busy", "true");
      try {
        await onPress(button, element);
      } finally {
        element.removeAttribute("aria-busy");
      }
    });
    return element;
  });
  return el("div", { class: "buttons", role: "group", "aria-label": "Actions" }, ...shown);
}

export function part(part_, onPress) {
  switch (part_.kind) {
    case "heading":
      return el("h3", { class: "heading" }, part_.text);
    case "text":
      return folding(el(part_.tone === "quote" ? "blockquote" : "p", { class: `text ${part_.tone}` }, part_.text), part_.text.length);
    case "markdown":
      return markdown(part_.html);
    case "facts":
      return el("dl", { class: "facts" }, ...part_.facts.map(([label, value]) => el("div", {}, el("dt", {}, label), el("dd", {}, value))));
    case "links":
      return links(part_);
    case "image":
      return el("img", { class: "picture", src: part_.src, alt: part_.alt, loading: "lazy" });
    case "buttons":
      return buttons(part_, onPress);
    default:
      return el("p", { class: "text quiet" }, "This page is too old to show this. Please reload it.");
  }
}

export function card(body, onPress) {
  const plain = body.parts.length === 1 && body.parts[0].kind === "text" && body.parts[0].tone === "normal";
  return el("div", { class: plain ? "words" : "card" }, ...body.parts.map((each) => part(each, onPress)));
}

const ONLY_YOU = "Only you can see this";

export function onlyYou() {
  return el("p", { class: "only-you" }, lock(), ` ${ONLY_YOU}`);
}

const SHORTCUTS = [["ask_about", "Ask Lanyard about this"], ["save_as_aid", "Save as job aid"]];

function more(message, name, onUse) {
  const close = () => {
    menu.open = false;
    menu.querySelector("summary").focus();
  };
  const items = SHORTCUTS.map(([verb, label]) =>
    el("button", { type: "button", onclick: () => {
      close();
      onUse(message, verb);
    } }, label),
  );
  const menu = el("details", { class: "menu more" }, el("summary", { "aria-label": `More about the message of ${name}`, title: "More" }), el("div", { class: "menu-list" }, ...items));
  menu.addEventListener("keydown", (event) => event.key === "Escape" && menu.open && close());
  menu.addEventListener("focusout", (event) => {
    if (!menu.contains(event.relatedTarget)) menu.open = false;
  });
  return menu;
}

function signs(message) {
  if (!message.signs?.length) return null;
  return el("p", { class: "signs" }, ...message.signs.map(([sign, label]) => el("span", { class: "sign", role: "img", "aria-label": label, title: label }, sign)));
}

// `context`: { bot, person, names, zone, onPress, onReply, onUse, status }
export function article(message, context) {
  const isBot = message.author === null;
  const name = isBot ? context.bot : context.person?.name || "Somebody who left";
  const body =
    message.card !== null
      ? card(message.card, (button, element) => context.onPress(message.id, button, element))
      : el(
          "div",
          {},
          message.text ? folding(el("p", { class: "text words" }, ...words(message.text, context.names)), message.text.length) : null,
          message.files?.length ? el("ul", { class: "files", "aria-label": "Files" }, ...message.files.map((name) => el("li", { class: "file" }, name))) : null,
        );
  const time = el("time", { datetime: message.at, title: `${when(message.at, context.zone, "day")}, ${when(message.at, context.zone, "time")}` }, when(message.at, context.zone, "time"));
  const title = isBot ? null : context.person?.title;
  const head = el("div", { class: "byline" }, el("span", { class: "author" }, name), title ? el("span", { class: "job" }, title) : null, context.status ? null : time);
  const reply = context.onReply
    ? el("button", { type: "button", class: "reply", "aria-label": `Reply to ${name}, ${time.textContent}`, onclick: () => context.onReply(message) }, "Reply")
    : null;
  return el(
    "article",
    { class: `message${message.only_you ? " private" : ""}${context.status ? " pending" : ""}`, "data-id": message.id, "data-number": message.number, "aria-label": `${name}${message.only_you ? `, ${ONLY_YOU.toLowerCase()}` : ""}` },
    avatar(context.person, isBot),
    el("div", { class: "body" }, head, message.only_you ? onlyYou() : null, body, signs(message), context.status ?? null),
    reply || context.onUse ? el("div", { class: "tools" }, reply, context.onUse ? more(message, name, context.onUse) : null) : null,
  );
}
