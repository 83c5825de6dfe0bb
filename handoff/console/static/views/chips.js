// Small labels that say one thing about a conversation, the same everywhere.
import { html, useEffect, useRef } from "../view.js";
import { brandOf, t, topicName, word } from "../i18n.js";
import { duration, percent, useNow, waitLevel } from "../format.js";
import { Icon } from "../icons.js";

const INTENT_ICONS = { question: "question", idea: "idea", complaint: "complaint", human: "user", callback: "phone" };

/** How long a customer has been waiting, ticking. */
export function Waiting({ since }) {
  const now = useNow();
  const time = now - Date.parse(since);
  return html`
    <span class=${`wait ${waitLevel(time)}`} title=${t("row.waiting")}>
      <${Icon} name="clock" size=${13} /><span class="sr">${t("row.waiting")} </span>${duration(time)}
    </span>`;
}

export const Triage = ({ triage }) => html`
  <span class=${`chip intent-${triage.intent}`} title=${t("understood.sure", { percent: percent(triage.intent_confidence) })}>
    <${Icon} name=${INTENT_ICONS[triage.intent] ?? "spark"} size=${13} />${word("intent", triage.intent)}
  </span>
  ${triage.topic && html`<span class="chip plain" title=${t("understood.sure", { percent: percent(triage.topic_confidence) })}>${topicName(triage.topic)}</span>`}`;

export const Language = ({ code }) => html`
  <span class="chip plain language" title=${word("language", code)}>${code.toUpperCase()}</span>`;

/** The brand's colour comes from the company's settings: set on the element, as the page allows no inline styles. */
export function BrandDot({ brand }) {
  const dot = useRef(null);
  const { name, colour } = brandOf(brand);
  useEffect(() => dot.current.style.setProperty("--brand", colour), [colour]);
  return html`<span class="brand-dot" ref=${dot} title=${name}></span>`;
}

/** The brand in its colour and in words. */
export const Brand = ({ brand }) => html`<span class="brand"><${BrandDot} brand=${brand} />${brandOf(brand).name}</span>`;

export const ChannelIcon = ({ channel, brand, size = 18 }) => html`
  <span class="channel" title=${`${word("channel", channel)} · ${brandOf(brand).name}`}>
    <${Icon} name=${channel} size=${size} /><${BrandDot} brand=${brand} />
  </span>`;

export const customerName = (contact) => contact.name || t("customer.nameless", { id: contact.id });
