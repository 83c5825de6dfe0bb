// The agents' console starts here.
import { html, render, useEffect, useState } from "./view.js";
import { isUnread } from "./desk.js";
import { t } from "./i18n.js";
import { Icon } from "./icons.js";
import { watchKeyboard } from "./keyboard.js";
import { usePreferences } from "./preferences.js";
import { showRoute, watchRoute } from "./route.js";
import { resume } from "./session.js";
import { current, subscribe, useStore } from "./store.js";
import { Callbacks } from "./views/callbacks.js";
import { Conversation } from "./views/conversation.js";
import { Dialogs } from "./views/dialogs.js";
import { InboxList } from "./views/inboxlist.js";
import { Login } from "./views/login.js";
import { Panel } from "./views/panel.js";
import { Rail } from "./views/rail.js";
import { Tickets } from "./views/tickets.js";
import { Toasts } from "./views/toasts.js";

const SLOW = 2500; // ms without the live feed before it is worth a line

function Connection() {
  const offline = useStore((state) => state.connection !== "online");
  const [shown, setShown] = useState(false);
  useEffect(() => {
    if (!offline) return setShown(false);
    const timer = setTimeout(() => setShown(true), SLOW);
    return () => clearTimeout(timer);
  }, [offline]);
  return html`<div role="status">${shown && html`<p class="offline"><${Icon} name="refresh" size=${15} />${t("live.lost")}</p>`}</div>`;
}

function Place() {
  const view = useStore((state) => state.route.view);
  const id = useStore((state) => state.route.id);
  if (view === "callbacks") return html`<${Callbacks} />`;
  if (view === "tickets") return html`<${Tickets} />`;
  return html`<main class=${`inbox${id === null ? "" : " reading"}`}><${InboxList} /><${Conversation} /><${Panel} /></main>`;
}

function Desk() {
  return html`
    <div class="desk"><${Rail} /><div class="place"><${Connection} /><${Place} /></div></div>
    <${Dialogs} />`;
}

function App({ ready }) {
  const [known, setKnown] = useState(false);
  const agent = useStore((state) => state.agent);
  const { language } = usePreferences(); // another language draws everything anew
  useEffect(() => {
    ready.finally(() => setKnown(true));
  }, []);
  useEffect(() => {
    if (agent) showRoute();
  }, [agent?.id]);
  if (!agent && !known) return null;
  return html`<div class="app" key=${language}>${agent ? html`<${Desk} />` : html`<${Login} />`}<${Toasts} /></div>`;
}

/** The number of customers who wait for this agent to do something, in the window's title. */
function showTitle() {
  const state = current();
  if (!state.agent) {
    document.title = "Okienko";
    return;
  }
  const unread = (state.list ?? []).filter((item) => item.agent?.id === state.agent.id && isUnread(state, item)).length;
  const count = state.counts.queue + unread;
  document.title = `${count > 0 ? `(${count}) ` : ""}${t(`nav.${state.route.view}`)} · Okienko`;
}

subscribe(showTitle);
watchRoute();
watchKeyboard();
render(html`<${App} ready=${resume()} />`, document.getElementById("app"));
