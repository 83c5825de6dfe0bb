// The address's part after # says what is shown: #/inbox, #/inbox/12, #/callbacks, #/tickets.
import { openConversation } from "./desk.js";
import { current, set } from "./store.js";

const VIEWS = ["inbox", "callbacks", "tickets"];

function read() {
  const [, view, id] = location.hash.split("/");
  if (!VIEWS.includes(view)) return { view: "inbox", id: null };
  return { view, id: view === "inbox" && /^\d+$/.test(id ?? "") ? Number(id) : null };
}

function follow() {
  set({ route: read() });
  if (current().agent) openConversation(current().route.id);
}

export function watchRoute() {
  window.addEventListener("hashchange", follow);
  follow();
}

/** Shows what the address says: after login, when the page knows at last who is looking. */
export const showRoute = follow;

export function goTo(id) {
  location.hash = `#/inbox/${id}`;
}
