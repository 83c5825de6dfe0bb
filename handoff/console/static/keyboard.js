// One-key shortcuts, silent while something is being typed or a dialog is open; the agent can switch them off.
import { chooseTab, TAB_NAMES } from "./desk.js";
import { setDraft } from "./drafts.js";
import { prefer } from "./preferences.js";
import { goTo } from "./route.js";
import { current, set } from "./store.js";
import { claim, giveBack, resolve } from "./verbs.js";
import { standing } from "./views/composer.js";

function move(step) {
  const { list, route } = current();
  if (!list?.length) return;
  const place = list.findIndex((item) => item.id === route.id);
  const next = place < 0 ? 0 : Math.min(list.length - 1, Math.max(0, place + step));
  goTo(list[next].id);
  document.querySelector(`[data-testid="conversation-row"][data-id="${list[next].id}"]`)?.scrollIntoView({ block: "nearest" });
}

function write(note) {
  const { open } = current();
  if (!open || (!note && !standing(current()).mine)) return;
  setDraft(open.conversation.id, { note });
  requestAnimationFrame(() => document.querySelector('[data-testid="reply"]')?.focus());
}

/** A verb of this agent's own open conversation. */
const mine = (action) => () => {
  const state = current();
  if (state.open && standing(state).mine) action(state.open.conversation.id);
};

/** Works while the conversation is still loading too: a quick agent does not wait for it, and the server decides. */
function claimChosen() {
  const state = current();
  if (state.route.id !== null && (!state.open || standing(state).mayClaim)) claim(state.route.id);
}

const KEYS = {
  j: () => move(1),
  k: () => move(-1),
  c: claimChosen,
  r: () => write(false),
  n: () => write(true),
  t: mine(() => set({ dialog: "transfer" })),
  b: mine(giveBack),
  e: mine(resolve),
};

function onKey(event) {
  const state = current();
  const { target } = event;
  if (!state.agent || !prefer().shortcuts || state.dialog || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) return;
  if (event.key === "?") {
    event.preventDefault();
    set({ dialog: "help" });
    return;
  }
  if (state.route.view !== "inbox") return;
  const tab = TAB_NAMES[Number(event.key) - 1];
  const action = tab ? () => chooseTab(tab) : KEYS[event.key.toLowerCase()];
  if (!action) return;
  event.preventDefault();
  action();
}

export const watchKeyboard = () => document.addEventListener("keydown", onKey);
