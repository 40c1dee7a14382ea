// The bot's home for one person: one card, drawn anew after whatever was done in it.

import { card } from "./message.js";

const SOON = 400;

export class Home {
  // `context`: { fetch(), onPress(token, button), onFault(sentence) }
  constructor(root, context) {
    this.root = root;
    this.context = context;
    this.asked = 0;
  }

  async open() {
    this.root.replaceChildren();
    await this.refresh();
    this.root.scrollTop = 0;
    this.focus();
  }

  focus() {
    this.root.focus({ preventScroll: true });
  }

  // Several things that happen at once lead to one look.
  refreshSoon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.refresh(), SOON);
  }

  async refresh() {
    clearTimeout(this.timer);
    const turn = (this.asked += 1);
    try {
      const body = await this.context.fetch();
      if (turn === this.asked && !this.root.hidden) this.draw(body);
    } catch (error) {
      this.context.onFault(error.message);
    }
  }

  draw(body) {
    const { token, ...shown } = body;
    const now = JSON.stringify(shown);
    this.token = token;
    if (this.root.firstElementChild && now === this.shown) return; // nobody is thrown off the button they stand on
    this.shown = now;
    const held = [...this.root.querySelectorAll("button, a")].indexOf(document.activeElement);
    const at = this.root.scrollTop;
    const drawn = card(shown, (button) => this.context.onPress(this.token, button));
    drawn.classList.add("card");
    this.root.replaceChildren(drawn);
    this.root.scrollTop = at;
    if (held >= 0) ([...this.root.querySelectorAll("button, a")][held] ?? this.root).focus({ preventScroll: true });
  }
}
