import { html } from "../view.js";
import { LANGUAGE_NAMES, t } from "../i18n.js";
import { Icon } from "../icons.js";
import { setPreference, usePreferences } from "../preferences.js";
import { logout } from "../session.js";
import { set, useStore } from "../store.js";
import { Popover } from "./popover.js";

export function LanguageChoice() {
  const { language } = usePreferences();
  return html`
    <div class="segmented" role="group" aria-label=${t("settings.language")}>
      ${Object.entries(LANGUAGE_NAMES).map(([code, name]) => html`
        <button type="button" lang=${code} aria-pressed=${code === language}
          onClick=${() => setPreference("language", code)}>${name}</button>`)}
    </div>`;
}

function Switch({ name, text }) {
  const preferences = usePreferences();
  return html`
    <label class="switch-row"><span>${text}</span>
      <input type="checkbox" role="switch" checked=${preferences[name]}
        onChange=${(event) => setPreference(name, event.target.checked)} />
    </label>`;
}

const initials = (name) => name.split(/\s+/).slice(0, 2).map((part) => part[0] ?? "").join("").toUpperCase();

/** The agent's initials; behind them the settings and the way out. */
export function AgentMenu() {
  const agent = useStore((state) => state.agent);
  const connection = useStore((state) => state.connection);
  const online = connection === "online";
  return html`
    <${Popover} className="rail-button agent-menu" label=${`${agent.name}: ${t("settings.open")}`}
      face=${html`<span class="avatar" data-initials=${initials(agent.name)}></span>
        <span class=${`presence ${online ? "on" : "off"}`} title=${t(online ? "live.online" : "live.connecting")}></span>`}>
      <div class="menu-head"><strong>${agent.name}</strong><span class="muted">${agent.login} · ${t(`role.${agent.role}`)}</span></div>
      <div class="menu-part"><span class="menu-title">${t("settings.language")}</span><${LanguageChoice} /></div>
      <div class="menu-part">
        <${Switch} name="sound" text=${t("settings.sound")} />
        <${Switch} name="shortcuts" text=${t("settings.shortcuts")} />
      </div>
      <div class="menu-part">
        <button class="menu-item" onClick=${() => set({ dialog: "help" })}><${Icon} name="help" />${t("help.title")}</button>
        <button class="menu-item" onClick=${logout}><${Icon} name="logout" />${t("settings.logout")}</button>
      </div>
    <//>`;
}
