import { html, useEffect, useRef, useState } from "../view.js";
import { explain, t } from "../i18n.js";
import { Icon } from "../icons.js";
import { login } from "../session.js";
import { LanguageChoice } from "./settings.js";

export function Login() {
  const [state, setState] = useState({ busy: false, error: "" });
  const form = useRef(null);
  useEffect(() => form.current.elements.login.focus(), []);

  const submit = async (event) => {
    event.preventDefault();
    const fields = form.current.elements;
    setState({ busy: true, error: "" });
    try {
      await login(fields.login.value.trim(), fields.password.value);
    } catch (error) {
      const wrong = error.status === 401 || error.status === 422;
      setState({ busy: false, error: wrong ? t("login.wrong") : explain(error) });
      fields.password.select();
    }
  };

  return html`
    <main class="login">
      <form class="login-card" ref=${form} onSubmit=${submit} data-testid="login-form">
        <img class="login-mark" src="/console/static/favicon.svg" alt="" width="44" height="44" />
        <h1>Okienko</h1>
        <p class="muted">${t("login.subtitle")}</p>
        <label class="field"><span>${t("login.login")}</span>
          <input name="login" data-testid="login" autocomplete="username" autocapitalize="none" spellcheck=${false} required />
        </label>
        <label class="field"><span>${t("login.password")}</span>
          <input name="password" type="password" data-testid="password" autocomplete="current-password" required />
        </label>
        <div role="alert" class="login-error">${state.error && html`<${Icon} name="alert" size=${16} />${state.error}`}</div>
        <button class="button primary wide" data-testid="submit" disabled=${state.busy}>
          ${state.busy ? t("login.busy") : t("login.submit")}
        </button>
      </form>
      <${LanguageChoice} />
    </main>`;
}
