// The frame of the callbacks and tickets pages: a title, filters, and cards.
import { html } from "../view.js";
import { t } from "../i18n.js";
import { Icon } from "../icons.js";

/** options: [value, text] pairs, one of them chosen. */
export const Choice = ({ label, value, options, onChoose }) => html`
  <div class="segmented" role="group" aria-label=${label}>
    ${options.map(([option, text]) => html`<button type="button" aria-pressed=${option === value} onClick=${() => onChoose(option)}>${text}</button>`)}
  </div>`;

function Body({ state, empty, onRetry, children }) {
  if (state.failed && state.items === null) {
    return html`<div class="empty"><p>${t("inbox.failed")}</p><button class="button" onClick=${onRetry}><${Icon} name="refresh" />${t("retry")}</button></div>`;
  }
  if (state.items === null) return html`<div class="loading-line" aria-busy="true"></div>`;
  if (state.items.length === 0) return html`<div class="empty"><span class="empty-mark"><${Icon} name="check" size=${26} /></span><h2>${empty}</h2></div>`;
  return html`<ul class="cards">${children}</ul>`;
}

/** state: {items: [...] or null while loading, failed} */
export const Listing = ({ title, filters, state, empty, onRetry, children }) => html`
  <main class="listing">
    <header class="listing-head"><h1>${title}</h1><div class="filters">${filters}</div></header>
    <div class="listing-body"><${Body} state=${state} empty=${empty} onRetry=${onRetry}>${children}<//></div>
  </main>`;
