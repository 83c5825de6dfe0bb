import { html, useEffect, useRef, useState } from "../view.js";
import { t, teamName } from "../i18n.js";
import { Icon } from "../icons.js";
import { set, useStore } from "../store.js";
import { transfer } from "../verbs.js";

const close = () => set({ dialog: null });

/** The browser's own modal dialog: it keeps the focus inside, closes on Escape and gives the focus back. */
function Dialog({ title, children }) {
  const box = useRef(null);
  useEffect(() => {
    box.current.showModal();
  }, []);
  const outside = (event) => event.target === box.current && close();
  return html`
    <dialog ref=${box} onClose=${close} onClick=${outside} aria-label=${title}>
      <div class="dialog-body">
        <header><h2>${title}</h2><button class="icon-button" aria-label=${t("close")} onClick=${close}><${Icon} name="close" /></button></header>
        ${children}
      </div>
    </dialog>`;
}

function Transfer() {
  const teams = useStore((state) => state.teams);
  const conversation = useStore((state) => state.open?.conversation);
  const [login, setLogin] = useState("");
  const [busy, setBusy] = useState(false);
  const form = useRef(null);
  if (!conversation) return null;
  const submit = async (event) => {
    event.preventDefault();
    const team = new FormData(form.current).get("team");
    setBusy(true);
    const done = await transfer(conversation.id, login.trim() ? { agent: login.trim() } : { team });
    setBusy(false);
    if (done) close();
  };
  const toAgent = Boolean(login.trim());
  return html`
    <${Dialog} title=${t("transfer.title")}>
      <form ref=${form} onSubmit=${submit}>
        <fieldset class="picks" disabled=${toAgent}><legend>${t("transfer.team")}</legend>
          ${Object.keys(teams).map((id) => html`<label class="pick"><input type="radio" name="team" value=${id} required=${!toAgent} />
            <span>${teamName(id)}${id === conversation.team ? html` <span class="muted">(${t("transfer.current")})</span>` : ""}</span></label>`)}
        </fieldset>
        <label class="field"><span>${t("transfer.agent")}</span>
          <input value=${login} autocomplete="off" autocapitalize="none" spellcheck=${false} onInput=${(event) => setLogin(event.target.value)} /></label>
        <div class="form-foot"><button type="button" class="button" onClick=${close}>${t("cancel")}</button>
          <button class="button primary" data-testid="transfer-submit" disabled=${busy}>${t("action.transfer")}</button></div>
      </form>
    <//>`;
}

const KEYS = [
  ["J", "K", "help.move"], ["C", "help.claim"], ["R", "help.reply"], ["N", "help.note"], ["T", "help.transfer"],
  ["B", "help.return"], ["E", "help.resolve"], ["1 – 5", "help.tabs"], ["Enter", "help.send"], ["Shift + Enter", "help.line"],
  ["Esc", "help.escape"], ["?", "help.help"],
];

const Help = () => html`
  <${Dialog} title=${t("help.title")}>
    <dl class="key-list">${KEYS.map((keys) => html`
      <div><dt>${keys.slice(0, -1).map((key) => html`<kbd>${key}</kbd>`)}</dt><dd>${t(keys.at(-1))}</dd></div>`)}</dl>
  <//>`;

export function Dialogs() {
  const dialog = useStore((state) => state.dialog);
  if (dialog === "transfer") return html`<${Transfer} />`;
  return dialog === "help" ? html`<${Help} />` : null;
}
