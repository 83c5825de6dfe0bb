import { html } from "../view.js";
import { chooseTab, chooseTeam, isUnread, loadMore, TAB_NAMES, watchList } from "../desk.js";
import { shortTime } from "../format.js";
import { brandOf, t, teamName } from "../i18n.js";
import { Icon } from "../icons.js";
import { useStore } from "../store.js";
import { ChannelIcon, customerName, Language, Triage, Waiting } from "./chips.js";

function Tabs() {
  const tab = useStore((state) => state.tab);
  const counts = useStore((state) => state.counts);
  const move = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = TAB_NAMES.at((TAB_NAMES.indexOf(tab) + step) % TAB_NAMES.length);
    chooseTab(next);
    event.currentTarget.querySelector(`#tab-${next}`).focus();
  };
  return html`
    <div class="tabs" role="tablist" aria-label=${t("inbox.tabs")} onKeyDown=${move}>
      ${TAB_NAMES.map((name) => html`
        <button role="tab" id=${`tab-${name}`} data-testid=${`tab-${name}`} aria-selected=${name === tab}
          aria-controls="inbox-list" tabindex=${name === tab ? 0 : -1} onClick=${() => chooseTab(name)}>
          ${t(`tab.${name}`)}${counts[name] > 0 && html`<span class="count">${counts[name]}</span>`}
        </button>`)}
    </div>`;
}

function TeamFilter() {
  const team = useStore((state) => state.team);
  const teams = useStore((state) => state.teams);
  return html`
    <select class="select quiet" aria-label=${t("inbox.team")} value=${team} onChange=${(event) => chooseTeam(event.target.value)}>
      <option value="">${t("inbox.all_teams")}</option>
      ${Object.keys(teams).map((id) => html`<option value=${id}>${teamName(id)}</option>`)}
    </select>`;
}

/** What was said last; of somebody who waits rather what they want than what the assistant told them. */
function Preview({ item }) {
  const message = item.last_message;
  if (item.holder === "queue" && item.customer_words) return html`<span class="row-text">${item.customer_words}</span>`;
  if (!message) return html`<span class="row-text muted">${t("row.empty")}</span>`;
  const who = message.author === "customer" ? "" : `${t(`author.${message.author}`)}: `;
  return html`<span class="row-text">${who && html`<span class="muted">${who}</span>`}${message.text || t("message.no_text")}</span>`;
}

function Row({ item }) {
  const chosen = useStore((state) => state.route.id === item.id);
  const unread = useStore((state) => isUnread(state, item)) && !chosen;
  const urgent = item.priority === "urgent" && item.status === "open";
  const waits = item.waiting_since && item.status === "open";
  return html`
    <li>
      <a class=${`row${unread ? " unread" : ""}${urgent ? " urgent" : ""}`} href=${`#/inbox/${item.id}`}
        data-testid="conversation-row" data-id=${item.id} aria-current=${chosen ? "true" : undefined}>
        <span class="row-head">
          <${ChannelIcon} channel=${item.channel} brand=${item.brand} />
          <span class="row-name">${customerName(item.contact)}</span>
          <span class="row-brand">${brandOf(item.brand).name}</span>
          ${unread && html`<span class="unread-dot" title=${t("row.unread")}><span class="sr">${t("row.unread")}</span></span>`}
          <span class="gap"></span>
          ${urgent && html`<span class="chip urgent-chip"><${Icon} name="alert" size=${13} />${t("priority.urgent")}</span>`}
          ${waits
            ? html`<${Waiting} since=${item.waiting_since} />`
            : html`<time class="muted small">${shortTime(item.last_message?.at ?? item.updated_at)}</time>`}
        </span>
        <${Preview} item=${item} />
        <span class="chips">
          ${item.triage && html`<${Triage} triage=${item.triage} />`}
          <${Language} code=${item.language} />
          ${item.holder === "agent" && item.agent && html`<span class="chip plain"><${Icon} name="user" size=${13} />${item.agent.name}</span>`}
          ${item.holder === "queue" && item.team && html`<span class="chip plain team" title=${teamName(item.team)}>${teamName(item.team)}</span>`}
        </span>
      </a>
    </li>`;
}

const Skeleton = () => html`
  <div class="skeletons" aria-busy="true" aria-label=${t("loading")}>
    ${[1, 2, 3, 4, 5].map(() => html`<div class="skeleton"><i></i><i></i><i></i></div>`)}
  </div>`;

function Rows() {
  const list = useStore((state) => state.list);
  const failed = useStore((state) => state.listFailed);
  const more = useStore((state) => state.more);
  const tab = useStore((state) => state.tab);
  if (failed && list === null) {
    return html`<div class="empty"><p>${t("inbox.failed")}</p>
      <button class="button" onClick=${watchList}><${Icon} name="refresh" />${t("retry")}</button></div>`;
  }
  if (list === null) return html`<${Skeleton} />`;
  if (list.length === 0) {
    return html`<div class="empty"><span class="empty-mark"><${Icon} name=${tab === "queue" ? "check" : "inbox"} size=${26} /></span>
      <h2>${t(`empty.${tab}`)}</h2><p class="muted">${t(`empty.${tab}.more`)}</p></div>`;
  }
  return html`
    <ul class="rows">${list.map((item) => html`<${Row} key=${item.id} item=${item} />`)}</ul>
    ${more && html`<button class="button quiet wide" onClick=${loadMore}>${t("inbox.more")}</button>`}`;
}

export const InboxList = () => html`
  <section class="list-pane" aria-label=${t("nav.inbox")}>
    <header class="list-head">
      <div class="list-title"><h1>${t("nav.inbox")}</h1><${TeamFilter} /></div>
      <${Tabs} />
    </header>
    <div class="list-body" id="inbox-list" role="tabpanel" tabindex="-1"><${Rows} /></div>
  </section>`;
