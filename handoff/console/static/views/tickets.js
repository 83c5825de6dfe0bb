import { html, useEffect, useState } from "../view.js";
import { get, post } from "../api.js";
import { day, dayAndClock, daysFromToday, localDate } from "../format.js";
import { t, teamName, topicName, word } from "../i18n.js";
import { Icon } from "../icons.js";
import { useStore } from "../store.js";
import { fail, notify } from "../toasts.js";
import { Brand, Language } from "./chips.js";
import { Choice, Listing } from "./listing.js";

/** A complaint's legal deadline: red when it is today or past, amber within three days. */
export function Due({ ticket }) {
  if (!ticket.due_on) return null;
  const date = localDate(ticket.due_on);
  const days = daysFromToday(date);
  const level = ticket.status === "closed" ? "done" : days <= 0 ? "late" : days <= 3 ? "soon" : "calm";
  const rest = days < 0 ? t("tickets.overdue", { days: -days }) : t("tickets.days_left", { days });
  return html`<span class=${`due ${level}`} title=${t("tickets.deadline")}><${Icon} name="clock" size=${14} />${day(date)}${level !== "done" && days !== 0 ? ` (${rest})` : ""}</span>`;
}

function Card({ ticket, onClosed }) {
  const [busy, setBusy] = useState(false);
  const close = async () => {
    setBusy(true);
    const done = await post(`/tickets/${ticket.id}/close`).catch(fail);
    setBusy(false);
    if (!done) return;
    notify("done", t("tickets.closed", { reference: ticket.reference }));
    onClosed();
  };
  return html`
    <li class=${`card ticket ${ticket.kind}`}>
      <div class="card-head">
        <span class=${`chip intent-${ticket.kind}`}><${Icon} name=${ticket.kind} size=${13} />${word("ticket", ticket.kind)}</span>
        <strong class="mono">${ticket.reference}</strong>
        ${ticket.status === "closed" && html`<span class="chip plain">${word("ticket_state", "closed")}</span>`}
        <span class="gap"></span><${Due} ticket=${ticket} />
      </div>
      <p class="card-text">${ticket.text || t("message.no_text")}</p>
      <div class="card-foot">
        <span class="chips"><${Brand} brand=${ticket.brand} />
          ${ticket.topic && html`<span class="chip plain">${topicName(ticket.topic)}</span>`}
          <span class="chip plain">${teamName(ticket.team)}</span><${Language} code=${ticket.language} />
          <span class="muted small">${dayAndClock(ticket.created_at)}</span></span>
        <span class="gap"></span>
        <a class="button small" href=${`#/inbox/${ticket.conversation_id}`}>${t("open_conversation")}</a>
        ${ticket.status === "open" && html`<button class="button small" disabled=${busy} onClick=${close}><${Icon} name="check" size=${15} />${t("tickets.close")}</button>`}
      </div>
    </li>`;
}

export function Tickets() {
  const version = useStore((state) => state.ticketsVersion);
  const [filter, setFilter] = useState({ kind: "complaint", status: "open" });
  const [state, setState] = useState({ items: null, failed: false });
  const [again, setAgain] = useState(0);
  useEffect(() => {
    let wanted = true;
    get("/tickets", { kind: filter.kind, status: filter.status })
      .then(({ tickets }) => wanted && setState({ items: tickets, failed: false }))
      .catch(() => wanted && setState((before) => ({ ...before, failed: true })));
    return () => {
      wanted = false;
    };
  }, [filter, version, again]);
  const choose = (name) => (value) => {
    setFilter({ ...filter, [name]: value });
    setState({ items: null, failed: false });
  };
  return html`
    <${Listing} title=${t("nav.tickets")} state=${state} onRetry=${() => setAgain(again + 1)} empty=${t("tickets.empty")}
      filters=${html`
        <${Choice} label=${t("tickets.kind")} value=${filter.kind} onChoose=${choose("kind")}
          options=${[["complaint", t("tickets.complaints")], ["idea", t("tickets.ideas")], ["", t("all")]]} />
        <${Choice} label=${t("status.label")} value=${filter.status} onChoose=${choose("status")}
          options=${[["open", t("status.open")], ["closed", t("status.closed")], ["", t("all")]]} />`}>
      ${state.items?.map((ticket) => html`<${Card} key=${ticket.id} ticket=${ticket} onClosed=${() => setAgain(again + 1)} />`)}
    <//>`;
}
