import { html } from "../view.js";
import { t } from "../i18n.js";
import { Icon } from "../icons.js";
import { useStore } from "../store.js";
import { AgentMenu } from "./settings.js";

const PLACES = [
  { view: "inbox", icon: "inbox", address: "#/inbox" },
  { view: "callbacks", icon: "phone", address: "#/callbacks", testid: "callbacks-tab" },
  { view: "tickets", icon: "ticket", address: "#/tickets", testid: "tickets-tab" },
];

/** The way between the console's places: at the left, on phones along the bottom. */
export function Rail() {
  const view = useStore((state) => state.route.view);
  const waiting = useStore((state) => state.counts.queue);
  return html`
    <nav class="rail" aria-label=${t("nav.label")}>
      <img class="rail-mark" src="/console/static/favicon.svg" alt="Okienko" width="30" height="30" />
      ${PLACES.map((place) => html`
        <a class="rail-button" href=${place.address} data-testid=${place.testid}
          aria-current=${view === place.view ? "page" : undefined}>
          <${Icon} name=${place.icon} size=${20} /><span class="rail-text">${t(`nav.${place.view}`)}</span>
          ${place.view === "inbox" && waiting > 0 && html`<span class="rail-count" aria-label=${t("nav.waiting", { count: waiting })}>${waiting}</span>`}
        </a>`)}
      <span class="rail-gap"></span>
      <${AgentMenu} />
    </nav>`;
}
