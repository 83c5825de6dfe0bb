import { html, useEffect, useRef, useState } from "../view.js";
import { get, post } from "../api.js";
import { dayAndClock, phone, useNow } from "../format.js";
import { t, teamName, topicName, word } from "../i18n.js";
import { Icon } from "../icons.js";
import { useStore } from "../store.js";
import { fail, notify } from "../toasts.js";
import { Brand, Language } from "./chips.js";
import { Choice, Listing } from "./listing.js";

const SOON = 15 * 60_000; // ms
const OUTCOMES = ["reached", "no_answer", "busy", "wrong_number"];

function DueAt({ callback }) {
  const left = Date.parse(callback.due_at) - useNow();
  const level = callback.status !== "waiting" ? "done" : left <= 0 ? "late" : left <= SOON ? "soon" : "calm";
  return html`<span class=${`due ${level}`}><${Icon} name="clock" size=${14} />${dayAndClock(callback.due_at)}${level === "late" ? ` · ${t("callbacks.now")}` : ""}</span>`;
}

function AttemptForm({ callback, onDone, onCancel }) {
  const [busy, setBusy] = useState(false);
  const form = useRef(null);
  useEffect(() => form.current.querySelector("input").focus(), []);
  const submit = async (event) => {
    event.preventDefault();
    const data = new FormData(form.current);
    setBusy(true);
    const body = { outcome: data.get("outcome") };
    if (data.get("note").trim()) body.note = data.get("note").trim();
    const answer = await post(`/callbacks/${callback.id}/attempts`, body).catch(fail);
    setBusy(false);
    if (!answer) return;
    notify("done", t(`callbacks.saved.${answer.callback.status}`));
    onDone();
  };
  return html`
    <form class="attempt" ref=${form} onSubmit=${submit}>
      <fieldset><legend>${t("callbacks.how")}</legend>
        ${OUTCOMES.map((outcome) => html`<label class="pick"><input type="radio" name="outcome" value=${outcome} required /><span>${t(`outcome_call.${outcome}`)}</span></label>`)}
      </fieldset>
      <label class="field"><span>${t("callbacks.note")}</span><input name="note" maxlength="500" autocomplete="off" /></label>
      <div class="form-foot"><button type="button" class="button" onClick=${onCancel}>${t("cancel")}</button>
        <button class="button primary" disabled=${busy}>${t("callbacks.save")}</button></div>
    </form>`;
}

const Attempts = ({ list }) => html`
  <ul class="attempts">${list.map((attempt) => html`
    <li><strong>${t(`outcome_call.${attempt.outcome}`)}</strong> <span class="muted">${dayAndClock(attempt.at)} · ${attempt.agent?.name ?? attempt.agent}</span>
      ${attempt.note && html`<span> – ${attempt.note}</span>`}</li>`)}</ul>`;

function Card({ callback, onChanged }) {
  const [logging, setLogging] = useState(false);
  const waiting = callback.status === "waiting";
  return html`
    <li class="card callback">
      <div class="card-head">
        <a class="phone-link" href=${`tel:${callback.phone}`}><${Icon} name="phone" />${phone(callback.phone)}</a>
        <span class="card-name">${callback.name || ""}</span>
        ${!waiting && html`<span class=${`chip plain state-${callback.status}`}>${word("callback_state", callback.status)}</span>`}
        <span class="gap"></span><${DueAt} callback=${callback} />
      </div>
      ${waiting && html`<p class="quote">${t("callbacks.quote")} <span class="code big">${callback.code}</span></p>`}
      ${callback.attempts.length > 0 && html`<${Attempts} list=${callback.attempts} />`}
      <div class="card-foot">
        <span class="chips"><${Brand} brand=${callback.brand} /><span class="mono small muted">${callback.reference}</span>
          ${callback.topic && html`<span class="chip plain">${topicName(callback.topic)}</span>`}
          <span class="chip plain">${teamName(callback.team)}</span><${Language} code=${callback.language} /></span>
        <span class="gap"></span>
        <a class="button small" href=${`#/inbox/${callback.conversation_id}`}>${t("open_conversation")}</a>
        ${waiting && !logging && html`<button class="button small primary" onClick=${() => setLogging(true)}>${t("callbacks.log")}</button>`}
      </div>
      ${logging && html`<${AttemptForm} callback=${callback} onCancel=${() => setLogging(false)}
        onDone=${() => { setLogging(false); onChanged(); }} />`}
    </li>`;
}

export function Callbacks() {
  const version = useStore((state) => state.callbacksVersion);
  const [status, setStatus] = useState("waiting");
  const [state, setState] = useState({ items: null, failed: false });
  const [again, setAgain] = useState(0);
  useEffect(() => {
    let wanted = true;
    get("/callbacks", { status })
      .then(({ callbacks }) => wanted && setState({ items: callbacks, failed: false }))
      .catch(() => wanted && setState((before) => ({ ...before, failed: true })));
    return () => {
      wanted = false;
    };
  }, [status, version, again]);
  const choose = (value) => {
    setStatus(value);
    setState({ items: null, failed: false });
  };
  const options = ["waiting", "done", "failed", "cancelled"].map((name) => [name, word("callback", name)]);
  return html`
    <${Listing} title=${t("nav.callbacks")} state=${state} onRetry=${() => setAgain(again + 1)} empty=${t(`callbacks.empty.${status || "all"}`)}
      filters=${html`<${Choice} label=${t("status.label")} value=${status} onChoose=${choose} options=${[...options, ["", t("all")]]} />`}>
      ${state.items?.map((callback) => html`<${Card} key=${callback.id} callback=${callback} onChanged=${() => setAgain(again + 1)} />`)}
    <//>`;
}
