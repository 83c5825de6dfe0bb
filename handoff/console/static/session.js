// From login to logout: who the agent is, the first lists, the live feed.
import * as api from "./api.js";
import { Live } from "./live.js";
import { current, reset, set } from "./store.js";
import { onChange, refreshMine, watchList } from "./desk.js";
import { loadDrafts } from "./drafts.js";
import { explain, t } from "./i18n.js";
import { notify } from "./toasts.js";

let live = null;

export const send = (message) => live?.send(message);

/** Goes on with the token of this tab, if there is one. */
export async function resume() {
  if (!api.token()) return;
  try {
    await begin();
  } catch (error) {
    if (error.status === 401) return; // expired: the login form is there
    notify("error", explain(error));
  }
}

export async function login(name, password) {
  await api.login(name, password);
  await begin();
}

export function logout() {
  api.logout();
  end();
}

async function begin() {
  const me = await api.get("/me");
  const topics = (me.topics ?? []).map((topic) => (typeof topic === "string" ? { id: topic } : topic));
  set({ agent: me.agent, teams: me.teams, brands: me.brands, topics, drafts: loadDrafts() });
  // The cursor comes from before the lists are read: what changes in between is told twice rather than never.
  const cursor = await watchList();
  await refreshMine();
  if (!api.token()) return;
  live?.stop();
  live = new Live(cursor, {
    token: api.token,
    onChange,
    onState: (connection) => set({ connection }),
    onDoubt: () => api.get("/me").catch(() => {}),
  });
  live.start();
}

function end() {
  live?.stop();
  live = null;
  reset();
}

api.onExpired(() => {
  const wasIn = current().agent !== null;
  end();
  if (wasIn) notify("warning", t("login.expired"));
});
