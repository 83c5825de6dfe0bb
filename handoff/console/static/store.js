// What the page shows, in one object. Views read it with useStore(); desk.js and session.js change it with set().
import { useEffect, useRef, useState } from "./view.js";

const EMPTY = {
  agent: null,
  teams: {},
  brands: {},
  topics: [],
  route: { view: "inbox", id: null },
  tab: "queue",
  team: "",
  list: null, // null until the first answer
  listFailed: false,
  more: false,
  counts: { queue: 0, me: 0, assistant: 0 },
  open: null, // the open conversation's detail
  openFailed: null, // an ApiError
  mine: new Set(), // ids of the conversations that this agent holds
  seen: {}, // conversation id -> time of the last message that was looked at
  drafts: {}, // conversation id -> {text, note}
  pending: [], // messages on their way to the server
  busy: {}, // conversation id -> the verb that is under way
  connection: "connecting",
  ticketsVersion: 0,
  callbacksVersion: 0,
  toasts: [],
  dialog: null, // "help" | "transfer"
  panel: false, // the side panel as a sheet, where there is no room beside the conversation
};

let state = { ...EMPTY };
const listeners = new Set();

export const current = () => state;

export function set(patch) {
  state = { ...state, ...(typeof patch === "function" ? patch(state) : patch) };
  for (const listener of listeners) listener();
}

/** Back to the state before login; what belongs to the browser (the route) stays. */
export function reset() {
  set({ ...EMPTY, route: state.route, toasts: state.toasts });
}

/** Calls `listener` after every change; returns the function that ends it. */
export function subscribe(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The selected part of the state; draws the view again when that part becomes another value. */
export function useStore(select) {
  const [, draw] = useState(null);
  const latest = useRef(select);
  latest.current = select;
  useEffect(() => {
    const update = () => draw(() => latest.current(state));
    update();
    return subscribe(update);
  }, []);
  return select(state);
}
