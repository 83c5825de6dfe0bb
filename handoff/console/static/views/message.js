import { html } from "../view.js";
import { clock, fullTime, percent } from "../format.js";
import { t, topicName, word } from "../i18n.js";
import { Icon } from "../icons.js";
import { discard, sendAgain } from "../verbs.js";
import { Linked } from "./linked.js";

/** What the assistant made of a customer's message, and what it did with it. */
function Understood({ of, outcome }) {
  const others = (of.topics ?? []).map((guess) => `${topicName(guess.topic)} ${percent(guess.confidence)}`).join(", ");
  return html`
    <span class="understood" title=${others ? t("understood.topics", { topics: others }) : undefined}>
      <span class="sr">${t("understood.title")}: </span>
      <${Icon} name="spark" size=${12} />${word("intent", of.intent)} ${percent(of.intent_confidence)}
      ${of.topic && html`<span class="dot">·</span>${topicName(of.topic)} ${percent(of.topic_confidence)}`}
      ${outcome && outcome !== "silent" && html`<span class="dot">→</span>${word("outcome", outcome)}`}
    </span>`;
}

const DELIVERY_ICONS = { stored: "clock", sending: "clock", sent: "check", delivered: "checks", read: "checks", failed: "alert" };

/** Adapters put the platform's own words after a colon: "forbidden: bot was blocked by the user". */
function whyFailed(reason) {
  const known = word("failure", reason.split(":")[0]);
  return reason.includes(":") && known === reason.split(":")[0].replaceAll("_", " ") ? reason : known;
}

function Delivery({ state, reason }) {
  const text = word("delivery", state);
  return html`
    <span class=${`delivery ${state}`} title=${text}>
      <${Icon} name=${DELIVERY_ICONS[state]} size=${14} />
      ${state === "failed" ? html`<span>${text}${reason ? `: ${whyFailed(reason)}` : ""}</span>` : html`<span class="sr">${text}</span>`}
    </span>`;
}

const Attachments = ({ list }) => html`
  <span class="attachments">${list.map((file) => html`
    <span class="attachment"><${Icon} name="paperclip" size=${15} />${word("attachment", file.type)}${file.name ? `: ${file.name}` : ""}</span>`)}
  </span>`;

const Buttons = ({ list }) => html`
  <span class="offered"><span class="sr">${t("message.offered")}: </span>${list.map((button) => html`<span>${button.title}</span>`)}</span>`;

function Who({ message }) {
  if (message.author === "customer") return null;
  const agent = message.author === "agent" || message.author === "note";
  return html`<span class="who">
    <${Icon} name=${message.author === "note" ? "note" : agent ? "user" : "spark"} size=${13} />
    ${agent && message.agent ? message.agent.name : t(`author.${message.author}`)}
    ${message.author === "note" && html`<span class="muted">· ${t("message.note_hint")}</span>`}
  </span>`;
}

/** One message; `first` says that the author differs from the one before. */
export function Message({ message, first }) {
  const { author } = message;
  if (author === "system" || (message.kind === "start" && !message.text)) {
    return html`
      <div class="system-line" data-testid="message" data-author=${author}>
        <span>${message.text || t("message.started")}</span> <time title=${fullTime(message.at)}>${clock(message.at)}</time>
      </div>`;
  }
  return html`
    <article class=${`message ${author}${first ? " first" : ""}`} data-testid="message" data-author=${author} data-id=${message.id}>
      ${first && html`<${Who} message=${message} />`}
      <div class="bubble">
        ${message.kind === "button" && html`<span class="pressed">${t("message.pressed")}</span>`}
        ${message.text && html`<span class="text"><${Linked} text=${message.text} /></span>`}
        ${message.attachments?.length > 0 && html`<${Attachments} list=${message.attachments} />`}
      </div>
      ${message.buttons?.length > 0 && html`<${Buttons} list=${message.buttons} />`}
      <footer>
        <time title=${fullTime(message.at)} datetime=${message.at}>${clock(message.at)}</time>
        ${message.delivery && html`<${Delivery} ...${message.delivery} />`}
        ${author === "customer" && message.understanding && html`<${Understood} of=${message.understanding} outcome=${message.outcome} />`}
      </footer>
    </article>`;
}

/** A message that the server has not confirmed. */
export function Pending({ message }) {
  const author = message.note ? "note" : "agent";
  return html`
    <article class=${`message ${author} first pending ${message.state}`} data-testid="message" data-author=${author} data-state=${message.state}>
      <div class="bubble"><span class="text">${message.text}</span></div>
      <footer>
        ${message.state === "sending"
          ? html`<span class="delivery"><${Icon} name="clock" size=${14} />${t("delivery.sending")}</span>`
          : html`<span class="delivery failed"><${Icon} name="alert" size=${14} />${message.error}</span>
            <button class="link" onClick=${() => sendAgain(message)}>${t("retry")}</button>
            <button class="link" onClick=${() => discard(message.key)}>${t("discard")}</button>`}
      </footer>
    </article>`;
}
