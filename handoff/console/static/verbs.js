// What the agent does. The server is the truth: a verb shows at once that it is under way, and its effect when the
// server has said so.
import * as api from "./api.js";
import { refreshMine, refreshOpen, watchList } from "./desk.js";
import { draftOf, setDraft } from "./drafts.js";
import { explain, t } from "./i18n.js";
import { current, set } from "./store.js";
import { fail, notify } from "./toasts.js";

/** `unknown` says what it means that something was not found. */
async function verb(name, id, body, unknown = null) {
  if (current().busy[id]) return null;
  set((state) => ({ busy: { ...state.busy, [id]: name } }));
  try {
    const answer = await api.post(`/conversations/${id}/${name}`, body);
    await Promise.all([current().route.id === id ? refreshOpen() : null, watchList(), refreshMine()]);
    return answer;
  } catch (error) {
    if (error.status === 404 && unknown) notify("error", unknown);
    else await refusal(id, error);
    return null;
  } finally {
    set((state) => ({ busy: { ...state.busy, [id]: null } }));
  }
}

/** A refusal mostly means that a colleague was quicker: show how things are now, and who it is. */
async function refusal(id, error) {
  if (error.status !== 409) return fail(error);
  await Promise.all([current().route.id === id ? refreshOpen() : null, watchList()]);
  const conversation = current().open?.conversation;
  const holder = conversation?.id === id && conversation.holder === "agent" ? conversation.agent : null;
  if (holder && holder.id !== current().agent.id) return notify("warning", t("error.held_by", { name: holder.name }));
  return fail(error);
}

export async function claim(id) {
  const done = await verb("claim", id, undefined);
  if (done && !draftOf(current(), id).text) setDraft(id, { note: false });
  return done;
}

export async function giveBack(id) {
  if (await verb("return", id, undefined)) notify("done", t("toast.returned"));
}

export async function resolve(id) {
  if (await verb("resolve", id, undefined)) notify("done", t("toast.resolved"));
}

/** target: {team} or {agent: login} */
export async function transfer(id, target) {
  const done = await verb("transfer", id, target, target.agent ? t("transfer.unknown", { login: target.agent }) : null);
  if (done) notify("done", t("toast.transferred"));
  return done;
}

// ---- writing

let pendingNumber = 0;

/** Sends what is written in the reply box; the text stays visible as being sent until the server has it. */
export function sendDraft(id) {
  const { text, note } = draftOf(current(), id);
  if (!text.trim()) return;
  pendingNumber += 1;
  const after = current().open?.messages.at(-1)?.id ?? 0;
  const message = { key: `pending-${pendingNumber}`, id, text: text.trim(), note, after, state: "sending", error: "" };
  set((state) => ({ pending: [...state.pending, message] }));
  setDraft(id, { text: "" });
  deliver(message);
}

const change = (key, patch) =>
  set((state) => ({ pending: state.pending.map((one) => (one.key === key ? { ...one, ...patch } : one)) }));

export const discard = (key) => set((state) => ({ pending: state.pending.filter((one) => one.key !== key) }));

/** Messages leave one after the other, so that they arrive in the order in which they were written. */
let last = Promise.resolve();

function deliver(message) {
  last = last.then(async () => {
    try {
      await api.post(`/conversations/${message.id}/messages`, { text: message.text, note: message.note });
      await refreshOpen();
      discard(message.key);
    } catch (error) {
      // The answer may be what got lost, not the message: look before saying that it was not sent.
      await refreshOpen();
      change(message.key, { state: "failed", error: explain(error) });
      if (error.status === 409) await refusal(message.id, error);
    }
  });
}

export function sendAgain(message) {
  change(message.key, { state: "sending", error: "" });
  deliver({ ...message, state: "sending" });
}

/** Messages under way that the conversation does not show yet. */
export function underWay(state) {
  const { open, pending, agent } = state;
  if (!open) return [];
  const arrived = new Set();
  return pending.filter((one) => {
    if (one.id !== open.conversation.id) return false;
    const twin = open.messages.find(
      (message) =>
        message.id > one.after &&
        !arrived.has(message.id) &&
        message.agent?.id === agent.id &&
        (message.author === "note") === one.note &&
        message.text === one.text,
    );
    if (twin) arrived.add(twin.id);
    return !twin;
  });
}
