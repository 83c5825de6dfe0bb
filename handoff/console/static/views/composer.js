import { html, useEffect, useLayoutEffect, useRef } from "../view.js";
import { draftOf, setDraft } from "../drafts.js";
import { dayAndClock, useNow } from "../format.js";
import { t, teamName } from "../i18n.js";
import { Icon } from "../icons.js";
import { send } from "../session.js";
import { useStore } from "../store.js";
import { claim, sendDraft } from "../verbs.js";

const TYPING_PAUSE = 3000; // ms between two "is typing" signals
const WARN_BEFORE = 24 * 3600_000; // ms before the platform's reply window closes

/** What this agent may do with the conversation now. */
export function standing(state) {
  const { conversation } = state.open;
  const mine = conversation.holder === "agent" && conversation.agent?.id === state.agent.id;
  const foreign = conversation.holder === "agent" && !mine;
  const leads = ["lead", "admin"].includes(state.agent.role);
  return { mine, foreign, mayClaim: !mine && (!foreign || leads), takeover: foreign && leads };
}

function ReplyWindow({ until }) {
  const left = Date.parse(until) - useNow();
  if (left > WARN_BEFORE) return null;
  return html`<p class=${`banner ${left <= 0 ? "bad" : "warn"}`}><${Icon} name="clock" size=${16} />
    ${left <= 0 ? t("window.closed") : t("window.until", { time: dayAndClock(until) })}</p>`;
}

/** In place of the reply box while somebody else holds the conversation. */
function Bar({ conversation, role }) {
  const busy = useStore((state) => state.busy[conversation.id]);
  const kind = conversation.status === "resolved" ? "resolved" : conversation.holder;
  const text = t(`holder.${kind}.long`, { name: conversation.agent?.name ?? "", team: conversation.team ? teamName(conversation.team) : "" });
  return html`
    <div class="claim-bar">
      <p>${text}</p>
      <button class="button" data-testid="note" onClick=${() => setDraft(conversation.id, { note: true })}>
        <${Icon} name="note" />${t("composer.add_note")}</button>
      ${role.mayClaim && html`<button class="button primary" data-testid="claim" disabled=${Boolean(busy)} onClick=${() => claim(conversation.id)}>
        ${busy === "claim" ? t("action.claiming") : role.takeover ? t("action.takeover") : t("action.claim")}<kbd>C</kbd></button>`}
    </div>`;
}

function Modes({ id, note, mine }) {
  return html`
    <div class="segmented small" role="group" aria-label=${t("composer.mode")}>
      <button type="button" aria-pressed=${!note} onClick=${() => setDraft(id, { note: false })}>
        ${mine ? t("composer.reply") : t("cancel")}</button>
      <button type="button" aria-pressed=${note} onClick=${() => setDraft(id, { note: true })}>${t("composer.note")}</button>
    </div>`;
}

function Box({ conversation, role, closed }) {
  const { id } = conversation;
  const draft = useStore((state) => draftOf(state, id));
  const area = useRef(null);
  const lastTyping = useRef(0);
  const note = draft.note || !role.mine;

  useLayoutEffect(() => {
    // As high as its text, up to the limit in the style sheet.
    area.current.style.height = "auto";
    area.current.style.height = `${area.current.scrollHeight + 2}px`;
  }, [draft.text]);
  useEffect(() => {
    if (draft.note || window.matchMedia("(hover: hover)").matches) area.current.focus();
  }, [draft.note, role.mine]);

  const submit = () => {
    if (draft.text.trim() && !(closed && !note)) sendDraft(id);
    area.current.focus();
  };
  const onKeyDown = (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      submit();
    }
    if (event.key === "Escape") area.current.blur();
  };
  const onInput = (event) => {
    setDraft(id, { text: event.target.value });
    if (note || Date.now() - lastTyping.current < TYPING_PAUSE) return;
    lastTyping.current = Date.now();
    send({ type: "typing", conversation_id: id });
  };
  const label = t(note ? "composer.note_placeholder" : "composer.placeholder");

  return html`
    <div class=${`composer${note ? " noting" : ""}`}>
      <textarea ref=${area} rows="1" data-testid="reply" aria-label=${label} placeholder=${label} maxlength="4000"
        value=${draft.text} onInput=${onInput} onKeyDown=${onKeyDown} disabled=${closed && !note}></textarea>
      <div class="composer-foot">
        <${Modes} id=${id} note=${note} mine=${role.mine} />
        <span class="gap"></span>
        <span class="hint">${t("composer.hint")}</span>
        <button class="button primary send" data-testid="send" onClick=${submit} disabled=${!draft.text.trim() || (closed && !note)}>
          <${Icon} name="send" />${t(note ? "composer.save_note" : "composer.send")}</button>
      </div>
    </div>`;
}

export function Composer() {
  const open = useStore((state) => state.open);
  const agent = useStore((state) => state.agent);
  const draft = useStore((state) => draftOf(state, state.route.id));
  if (!open) return null;
  const { conversation } = open;
  const role = standing({ open, agent });
  const until = role.mine ? conversation.reply_window?.agent_until : null;
  const closed = Boolean(until) && Date.parse(until) <= Date.now();
  return html`
    <div class="composer-box">
      ${until && html`<${ReplyWindow} until=${until} />`}
      ${!role.mine && html`<${Bar} conversation=${conversation} role=${role} />`}
      ${(role.mine || draft.note) && html`<${Box} conversation=${conversation} role=${role} closed=${closed} />`}
    </div>`;
}
