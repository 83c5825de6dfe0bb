// Replies that are being written, one per conversation; they survive a reload of the tab.
import { current, set } from "./store.js";

const KEY = "okienko.drafts";
const NOTHING = { text: "", note: false };

export const draftOf = (state, id) => state.drafts[id] ?? NOTHING;

export function loadDrafts() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY)) ?? {};
  } catch {
    return {};
  }
}

export function setDraft(id, patch) {
  const draft = { ...draftOf(current(), id), ...patch };
  const drafts = { ...current().drafts, [id]: draft };
  if (!draft.text && !draft.note) delete drafts[id];
  set({ drafts });
  sessionStorage.setItem(KEY, JSON.stringify(drafts));
}

/** Puts a suggestion into the reply: after what is already written there. */
export function insertIntoDraft(id, text) {
  const before = draftOf(current(), id).text.trimEnd();
  setDraft(id, { text: before ? `${before}\n\n${text}` : text, note: false });
}
