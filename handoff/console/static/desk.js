// What the agent sees: the list and the open conversation, read anew whenever the live feed says that they changed.
import * as api from "./api.js";
import { chime } from "./sound.js";
import { current, set } from "./store.js";
import { fail } from "./toasts.js";

const PAGE = 50; // conversations asked for at a time
const LARGEST = 200; // the server gives no more in one answer
const LIST_PAUSE = 400; // ms between two readings of the list
const OPEN_PAUSE = 150; // ms between two readings of the open conversation

const TABS = {
  queue: { holder: "queue", status: "open" },
  me: { holder: "me", status: "open" },
  assistant: { holder: "assistant", status: "open" },
  all: { holder: "any", status: "open" },
  resolved: { holder: "any", status: "resolved" },
};
export const TAB_NAMES = Object.keys(TABS);

/** Runs at once, then at most every `pause` ms, and always once after the last call. */
function paced(action, pause) {
  let timer = null;
  let again = false;
  return function run() {
    if (timer !== null) {
      again = true;
      return;
    }
    action();
    timer = setTimeout(() => {
      timer = null;
      if (!again) return;
      again = false;
      run();
    }, pause);
  };
}

// ---- the list

let listNumber = 0;

/** Reads the list of the chosen tab anew; returns the feed's cursor of that moment. */
export async function watchList() {
  listNumber += 1;
  const number = listNumber;
  const { tab, team, list } = current();
  const limit = Math.min(LARGEST, Math.max(PAGE, list?.length ?? 0));
  try {
    const answer = await api.get("/conversations", { ...TABS[tab], team, limit });
    if (number !== listNumber) return answer.cursor; // another tab was chosen meanwhile
    const fresh = new Set(answer.conversations.map((item) => item.id));
    // What was paged in beyond the server's largest answer stays as it was read.
    const tail = limit === LARGEST ? (list ?? []).slice(LARGEST).filter((item) => !fresh.has(item.id)) : [];
    set({
      list: [...answer.conversations, ...tail],
      more: answer.conversations.length === limit,
      counts: answer.counts,
      listFailed: false,
    });
    if (tab === "me" && !team) setMine(answer.conversations);
    return answer.cursor;
  } catch (error) {
    if (number === listNumber) set({ listFailed: true });
    if (error.status === 401) throw error;
    return null;
  }
}

export async function loadMore() {
  const { tab, team, list } = current();
  const last = list.at(-1);
  const answer = await api.get("/conversations", { ...TABS[tab], team, limit: PAGE, before: last.id }).catch(fail);
  if (!answer || current().tab !== tab || current().team !== team) return;
  const known = new Set(current().list.map((item) => item.id));
  set({
    list: [...current().list, ...answer.conversations.filter((item) => !known.has(item.id))],
    more: answer.conversations.length === PAGE,
  });
}

export function chooseTab(tab) {
  if (tab === current().tab) return;
  set({ tab, list: null });
  watchList();
}

export function chooseTeam(team) {
  set({ team, list: null });
  watchList();
}

const setMine = (conversations) => set({ mine: new Set(conversations.map((item) => item.id)) });

/** Which conversations this agent holds: for sounds and the window's title, whatever tab is open. */
export async function refreshMine() {
  const answer = await api.get("/conversations", { ...TABS.me, limit: LARGEST }).catch(() => null);
  if (answer) setMine(answer.conversations);
}

const listSoon = paced(watchList, LIST_PAUSE);
const mineSoon = paced(refreshMine, LIST_PAUSE);

// ---- the open conversation

let openNumber = 0;

/** Shows a conversation, or none (null). */
export function openConversation(id) {
  if (id === current().open?.conversation.id) return;
  openNumber += 1;
  set({ open: null, openFailed: null, panel: false, dialog: null });
  if (id !== null) refreshOpen();
}

export async function refreshOpen() {
  const { id } = current().route;
  if (id === null) return;
  openNumber += 1;
  const number = openNumber;
  try {
    const detail = await api.get(`/conversations/${id}`);
    if (number !== openNumber || current().route.id !== id) return;
    set({ open: detail, openFailed: null });
    look();
  } catch (error) {
    if (number === openNumber && current().open === null) set({ openFailed: error });
  }
}

const openSoon = paced(refreshOpen, OPEN_PAUSE);

/** The last message of the open conversation has been looked at, if the window is in front. */
export function look() {
  const { open, seen } = current();
  const last = open?.messages.at(-1);
  if (!last || document.hidden || seen[open.conversation.id] === last.at) return;
  set({ seen: { ...seen, [open.conversation.id]: last.at } });
}

/** Whether the customer has written something that this agent ought to read and has not. */
export function isUnread(state, item) {
  const concerns = item.holder === "queue" || item.agent?.id === state.agent?.id;
  const last = item.last_message;
  if (!concerns || last?.author !== "customer") return false;
  return !state.seen[item.id] || Date.parse(last.at) > Date.parse(state.seen[item.id]);
}

// ---- the live feed

export function onChange(change) {
  const { route, mine } = current();
  if (change.type === "ticket") set((state) => ({ ticketsVersion: state.ticketsVersion + 1 }));
  if (change.type === "callback") set((state) => ({ callbacksVersion: state.callbacksVersion + 1 }));
  if (change.type !== "delivery") listSoon();
  if (change.type === "conversation") {
    mineSoon();
    if (change.holder === "queue") chime();
  }
  if (change.type === "message" && change.author === "customer" && mine.has(change.conversation_id)) chime();
  if (change.conversation_id === route.id) openSoon();
}
