// Writing: a growing text field, what it suggests after "/", "@" and "#", and whom one replies to.

import { el } from "./message.js";

export class Composer {
  // `choices(mark)` gives [{ insert, label, hint }] for "/", "@" or "#"; `onSend(text, thread, files)` takes what was written, with
  // [{ id, name }] of the files that go along.
  // After "+" job aids are searched for: `search(text)` gives [{ title, text }], and `onInsert(title, text, thread)`
  // puts one into a message.
  // `upload(file)` gives the id under which the server has it.
  constructor({ choices, onSend, search, onInsert, upload }) {
    this.form = document.getElementById("composer");
    this.text = document.getElementById("text");
    this.label = document.getElementById("text-label");
    this.list = document.getElementById("suggestions");
    this.banner = document.getElementById("reply-to");
    this.choices = choices;
    this.onSend = onSend;
    this.search = search;
    this.onInsert = onInsert;
    this.upload = upload;
    this.attached = document.getElementById("files");
    this.picker = document.getElementById("file");
    this.thread = null;
    this.open = [];
    this.files = [];
    document.getElementById("attach").addEventListener("click", () => this.picker.click());
    this.picker.addEventListener("change", () => {
      for (const file of this.picker.files) this.attach(file);
      this.picker.value = "";
      this.text.focus();
    });
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
    this.text.addEventListener("input", () => this.changed());
    this.text.addEventListener("keydown", (event) => this.key(event));
    this.text.addEventListener("blur", () => this.suggest([]));
  }

  address(name) {
    this.text.placeholder = `Write to ${name}`;
    this.label.textContent = `Write to ${name}`;
  }

  focus() {
    // On a touch screen the keyboard would jump up over the messages.
    if (matchMedia("(pointer: fine)").matches) this.text.focus();
  }

  replyTo(message, name) {
    this.thread = message ? message.thread ?? message.id : null;
    this.banner.hidden = !message;
    const stop = el("button", { type: "button", class: "plain-icon", "aria-label": "Do not reply", onclick: () => this.replyTo(null) }, "✕");
    this.banner.replaceChildren(...(message ? [el("span", {}, `Replying to ${name}`), stop] : []));
    this.text.focus();
  }

  put(text) {
    this.text.value = text;
    this.changed();
    this.text.focus();
  }

  // A file goes to the server at once, so that what is sent, and perhaps sent again, only names it.
  async attach(file) {
    const entry = { name: file.name, id: null };
    const state = el("span", { class: "status" }, "uploading…");
    const remove = el("button", { type: "button", class: "plain-icon", "aria-label": `Leave ${file.name} out`, onclick: () => this.detach(entry) }, "✕");
    entry.shown = el("li", { class: "file" }, file.name, state, remove);
    this.files.push(entry);
    this.attached.append(entry.shown);
    this.attached.hidden = false;
    try {
      entry.id = await this.upload(file);
      state.remove();
    } catch (error) {
      entry.failed = true;
      entry.shown.classList.add("failed");
      state.setAttribute("role", "alert");
      state.textContent = error.message;
    }
  }

  detach(entry) {
    this.files = this.files.filter((one) => one !== entry);
    entry.shown.remove();
    this.attached.hidden = this.files.length === 0;
  }

  send() {
    // Control characters come in with pasted text, show nothing, and would be refused.
    const text = this.text.value.replace(/\r\n?/g, "\n").replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, "").toWellFormed().trim();
    if (this.files.some((file) => !file.id && !file.failed)) return; // still on its way
    const files = this.files.filter((file) => file.id);
    if (!text && !files.length) return;
    this.onSend(text, this.thread, files.map(({ id, name }) => ({ id, name })));
    for (const file of [...this.files]) this.detach(file);
    this.text.value = "";
    if (this.thread) this.replyTo(null);
    this.changed();
  }

  changed() {
    this.text.style.height = "auto";
    this.text.style.height = `${Math.min(this.text.scrollHeight + 2, innerHeight * 0.35)}px`;
    const upto = this.text.value.slice(0, this.text.selectionStart);
    clearTimeout(this.searching);
    const sought = /^\+([^\n]{0,200})$/.exec(this.text.value);
    if (sought) {
      this.searching = setTimeout(() => this.seek(sought[1].trim()), 200);
      return;
    }
    const found = /^(\/)([\w-]*)$/.exec(upto) ?? /(?:^|\s)([@#])([^@#\n]{0,30})$/.exec(upto);
    if (!found) {
      this.suggest([]);
      return;
    }
    const [, mark, begun] = found;
    const start = upto.length - begun.length - 1;
    const fitting = this.choices(mark).filter(({ insert }) => insert.slice(1).toLowerCase().startsWith(begun.toLowerCase()));
    const done = fitting.length === 1 && fitting[0].insert.slice(1).toLowerCase() === begun.toLowerCase();
    this.suggest(done ? [] : fitting.slice(0, 8), start);
  }

  async seek(text) {
    const before = this.text.value;
    const found = await this.search(text).catch(() => []);
    if (this.text.value !== before || document.activeElement !== this.text) return; // more was typed meanwhile
    this.suggest(found.map(({ title, text: hint }) => ({ insert: title, hint, aid: { title, text } })));
    if (!found.length && text) this.suggest([{ insert: "No job aid for everybody here was found", hint: "", aid: null }]);
  }

  suggest(choices, start = 0) {
    this.open = choices;
    this.start = start;
    this.at = 0;
    this.list.hidden = choices.length === 0;
    this.list.replaceChildren(
      ...choices.map(({ insert, hint }, n) => {
        const option = el("div", { role: "option", id: `suggestion-${n}`, class: "suggestion" }, el("b", {}, insert), hint ? el("span", {}, hint) : null);
        // mousedown, because a click would come after the field has lost the focus.
        option.addEventListener("mousedown", (event) => {
          event.preventDefault();
          this.take(n);
        });
        return option;
      }),
    );
    this.mark();
  }

  mark() {
    [...this.list.children].forEach((option, n) => option.setAttribute("aria-selected", String(n === this.at)));
    if (this.open.length) this.text.setAttribute("aria-activedescendant", `suggestion-${this.at}`);
    else this.text.removeAttribute("aria-activedescendant");
  }

  take(n) {
    const { insert, aid } = this.open[n];
    if (aid !== undefined) {
      if (aid) {
        this.onInsert(aid.title, aid.text, this.thread);
        this.text.value = "";
        if (this.thread) this.replyTo(null);
        this.changed();
      }
      this.suggest([]);
      return;
    }
    const caret = this.text.selectionStart;
    this.text.setRangeText(`${insert} `, this.start, caret, "end");
    this.suggest([]);
    this.text.focus();
  }

  key(event) {
    if (event.isComposing) return;
    if (this.open.length) {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step) {
        event.preventDefault();
        this.at = (this.at + step + this.open.length) % this.open.length;
        this.mark();
        return;
      }
      if (event.key === "Tab" || event.key === "Enter") {
        event.preventDefault();
        this.take(this.at);
        return;
      }
      if (event.key === "Escape") {
        this.suggest([]);
        return;
      }
    }
    if (event.key === "Escape" && this.thread) this.replyTo(null);
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.send();
    }
  }
}
