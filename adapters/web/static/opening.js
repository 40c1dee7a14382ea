// A job aid's page, opened from the chat: whoever one is here is let in there, at one click.

import { Refusal, freshId, post } from "./server.js";

const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

// Of this very server, under whichever of this machine's names.
export function isAidPage(address) {
  const url = new URL(address);
  const isOurs = url.origin === location.origin || (url.port === location.port && LOOPBACK.has(url.hostname));
  return isOurs && /^\/aids\/[0-9]+\/[0-9]+\/?$/.test(url.pathname);
}

// Gives a sentence where nothing could be opened. It stands in a tab of its own, which only a click may open: so the tab
// comes first, and what is in it afterwards.
export async function openAidPage(address, { by, conversation }) {
  const tab = window.open("", "_blank");
  if (tab) tab.opener = null;
  try {
    const { way_in: wayIn } = await post("/chat/open", { by, id: freshId(), conversation, address }, { tries: 2 });
    const leadsTo = await enter(wayIn);
    if (tab) tab.location.replace(leadsTo);
    else location.assign(leadsTo);
    return null;
  } catch (error) {
    tab?.close();
    if (!(error instanceof Refusal)) throw error;
    return error.message;
  }
}

// A browser's cookies are for one name of this machine: under another, the button is pressed there.
async function enter(wayIn) {
  const url = new URL(wayIn);
  if (url.origin !== location.origin) return wayIn;
  try {
    const entered = await fetch(url.pathname, { method: "POST", body: new URLSearchParams(url.searchParams) });
    return entered.ok ? entered.url : wayIn;
  } catch {
    return wayIn;
  }
}
