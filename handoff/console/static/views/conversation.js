import { html } from "../view.js";
import { refreshOpen } from "../desk.js";
import { brandOf, explain, t, word } from "../i18n.js";
import { Icon } from "../icons.js";
import { set, useStore } from "../store.js";
import { giveBack, resolve } from "../verbs.js";
import { ChannelIcon, customerName, Waiting } from "./chips.js";
import { Composer, standing } from "./composer.js";
import { History } from "./history.js";

function Verbs({ conversation }) {
  const role = useStore((state) => state.open && standing(state));
  const busy = useStore((state) => state.busy[conversation.id]);
  if (!role?.mine) return null;
  const { id } = conversation;
  return html`
    <div class="verbs" role="group" aria-label=${t("conversation.actions")}>
      <button class="button" data-testid="return" title=${t("action.return.title")} disabled=${Boolean(busy)} onClick=${() => giveBack(id)}>
        <${Icon} name="spark" />${t("action.return")}</button>
      <button class="button" data-testid="transfer" title=${t("action.transfer.title")} disabled=${Boolean(busy)} onClick=${() => set({ dialog: "transfer" })}>
        <${Icon} name="transfer" />${t("action.transfer")}</button>
      <button class="button primary" data-testid="resolve" title=${t("action.resolve.title")} disabled=${Boolean(busy)} onClick=${() => resolve(id)}>
        <${Icon} name="check" />${busy === "resolve" ? t("action.resolving") : t("action.resolve")}</button>
    </div>`;
}

function Holder({ conversation }) {
  const mine = useStore((state) => conversation.holder === "agent" && conversation.agent?.id === state.agent.id);
  const kind = conversation.status === "resolved" ? "resolved" : mine ? "mine" : conversation.holder;
  return html`<span class=${`holder ${kind}`}>${t(`holder.${kind}`, { name: conversation.agent?.name ?? "" })}</span>`;
}

function Head({ conversation }) {
  const urgent = conversation.priority === "urgent" && conversation.status === "open";
  return html`
    <header class="conversation-head">
      <a class="icon-button back" href="#/inbox" aria-label=${t("back")}><${Icon} name="back" size=${20} /></a>
      <${ChannelIcon} channel=${conversation.channel} brand=${conversation.brand} size=${20} />
      <div class="conversation-title">
        <h1>${customerName(conversation.contact)}</h1>
        <p>${urgent && html`<span class="chip urgent-chip"><${Icon} name="alert" size=${13} />${t("priority.urgent")}</span>`}
          <${Holder} conversation=${conversation} />
          ${conversation.waiting_since && conversation.status === "open" && html`<${Waiting} since=${conversation.waiting_since} />`}
          <span class="muted extra">${brandOf(conversation.brand).name} · ${word("language", conversation.language)}</span></p>
      </div>
      <${Verbs} conversation=${conversation} />
      <button class="icon-button panel-button" aria-label=${t("panel.open")} title=${t("panel.open")} onClick=${() => set({ panel: true })}>
        <${Icon} name="panel" size=${20} /></button>
    </header>`;
}

export function Conversation() {
  const id = useStore((state) => state.route.id);
  const open = useStore((state) => state.open);
  const failed = useStore((state) => state.openFailed);
  if (id === null) {
    return html`<section class="conversation-pane nothing"><div class="empty">
      <span class="empty-mark"><${Icon} name="inbox" size=${28} /></span>
      <h2>${t("conversation.none")}</h2><p class="muted">${t("conversation.none.more")}</p>
      <p class="keys"><kbd>J</kbd><kbd>K</kbd> ${t("help.move")} <span class="dot">·</span> <kbd>?</kbd> ${t("help.title")}</p></div></section>`;
  }
  if (failed) {
    return html`<section class="conversation-pane"><div class="empty"><p>${explain(failed)}</p>
      <p><a class="button" href="#/inbox"><${Icon} name="back" />${t("back")}</a> <button class="button" onClick=${refreshOpen}><${Icon} name="refresh" />${t("retry")}</button></p></div></section>`;
  }
  if (!open) return html`<section class="conversation-pane" aria-busy="true"><div class="loading-line"></div></section>`;
  return html`
    <section class="conversation-pane" aria-label=${customerName(open.conversation.contact)}>
      <${Head} conversation=${open.conversation} />
      <${History} key=${id} />
      <${Composer} key=${`composer-${id}`} />
    </section>`;
}
