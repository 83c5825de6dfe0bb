import { html, useEffect, useRef } from "../view.js";
import { dayAndClock, percent, phone, shortTime } from "../format.js";
import { brandOf, t, teamName, topicName, word } from "../i18n.js";
import { Icon } from "../icons.js";
import { insertIntoDraft } from "../drafts.js";
import { set, useStore } from "../store.js";
import { standing } from "./composer.js";
import { BrandDot, customerName } from "./chips.js";
import { Due } from "./tickets.js";

const Section = ({ title, children }) => html`<section class="panel-part"><h2>${title}</h2>${children}</section>`;

const Fact = ({ name, children }) => html`<div class="fact"><dt>${name}</dt><dd>${children}</dd></div>`;

const Customer = ({ conversation }) => html`
  <${Section} title=${t("panel.customer")}><dl>
    <${Fact} name=${t("panel.name")}>${customerName(conversation.contact)}<//>
    <${Fact} name=${t("panel.channel")}>${word("channel", conversation.channel)}<//>
    <${Fact} name=${t("panel.brand")}><${BrandDot} brand=${conversation.brand} />${brandOf(conversation.brand).name}<//>
    <${Fact} name=${t("panel.language")}>${word("language", conversation.language)}<//>
    ${conversation.team && html`<${Fact} name=${t("panel.team")}>${teamName(conversation.team)}<//>`}
    ${conversation.reason && html`<${Fact} name=${t("panel.reason")}>${word("reason", conversation.reason)}<//>`}
  </dl><//>`;

const Sure = ({ name, share }) => html`
  <div class="sure"><span>${name}</span><span class="muted">${percent(share)}</span><meter min="0" max="1" value=${share} aria-label=${name}></meter></div>`;

const Understood = ({ triage }) => html`
  <${Section} title=${t("understood.title")}>
    <${Sure} name=${word("intent", triage.intent)} share=${triage.intent_confidence} />
    ${triage.topic && html`<${Sure} name=${topicName(triage.topic)} share=${triage.topic_confidence} />`}
  <//>`;

function Playbook({ id, entries, mine }) {
  const insert = (text) => {
    insertIntoDraft(id, text);
    set({ panel: false });
    document.querySelector('[data-testid="reply"]')?.focus();
  };
  return html`
    <${Section} title=${t("panel.playbook")}>
      ${entries.map((entry) => html`
        <details class="play"><summary>${entry.title}</summary>
          <p>${entry.text}</p>
          ${mine && html`<button class="button small" onClick=${() => insert(entry.text)}><${Icon} name="insert" size=${15} />${t("panel.insert")}</button>`}
        </details>`)}
      ${!mine && html`<p class="muted small">${t("panel.claim_to_insert")}</p>`}
    <//>`;
}

const Ticket = ({ ticket }) => html`
  <li class="mini"><div class="mini-head"><strong class="mono">${ticket.reference}</strong><span class="gap"></span><${Due} ticket=${ticket} /></div>
    <span class="muted">${word("ticket", ticket.kind)}${ticket.topic ? ` · ${topicName(ticket.topic)}` : ""} · ${word("ticket_state", ticket.status)}</span></li>`;

const Callback = ({ callback }) => html`
  <li class="mini"><div class="mini-head"><a href=${`tel:${callback.phone}`}>${phone(callback.phone)}</a><span class="gap"></span>
      <span class="code" title=${t("callbacks.code_hint")}>${callback.code}</span></div>
    <span class="muted">${dayAndClock(callback.due_at)} · ${word("callback_state", callback.status)}</span></li>`;

const Step = ({ step }) => html`
  <li><strong>${teamName(step.team)}</strong> <span class="muted">${shortTime(step.opened_at)}</span><br />
    <span class="muted">${word("reason", step.reason)}${step.agent ? ` · ${step.agent.name}` : ` · ${t("panel.nobody_yet")}`}${step.result ? ` · ${word("result", step.result)}` : ""}</span></li>`;

function useSheet(shown) {
  const closer = useRef(null);
  useEffect(() => {
    if (shown) closer.current?.focus();
  }, [shown]);
  return closer;
}

/** What is known around the conversation. Where there is no room beside it, it slides in as a sheet. */
export function Panel() {
  const open = useStore((state) => state.open);
  const agent = useStore((state) => state.agent);
  const shown = useStore((state) => state.panel);
  const closer = useSheet(shown);
  if (!open) return null;
  const { conversation, tickets, callbacks, assignments, playbook } = open;
  const close = () => set({ panel: false });
  const role = standing({ open, agent });
  return html`
    ${shown && html`<div class="curtain" onClick=${close}></div>`}
    <aside class=${`panel${shown ? " shown" : ""}`} aria-label=${t("panel.label")} onKeyDown=${(event) => event.key === "Escape" && close()}>
      <button ref=${closer} class="icon-button panel-close" aria-label=${t("close")} onClick=${close}><${Icon} name="close" size=${20} /></button>
      <${Customer} conversation=${conversation} />
      ${conversation.triage && html`<${Understood} triage=${conversation.triage} />`}
      ${playbook.length > 0 && html`<${Playbook} id=${conversation.id} entries=${playbook} mine=${role.mine} />`}
      ${tickets.length > 0 && html`<${Section} title=${t("nav.tickets")}><ul class="plain-list">${tickets.map((ticket) => html`<${Ticket} ticket=${ticket} />`)}</ul><//>`}
      ${callbacks.length > 0 && html`<${Section} title=${t("nav.callbacks")}><ul class="plain-list">${callbacks.map((callback) => html`<${Callback} callback=${callback} />`)}</ul><//>`}
      ${assignments.length > 0 && html`<${Section} title=${t("panel.assignments")}><ol class="steps">${assignments.map((step) => html`<${Step} step=${step} />`)}</ol><//>`}
    </aside>`;
}
