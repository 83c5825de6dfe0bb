import { html } from "../view.js";
import { t } from "../i18n.js";
import { Icon } from "../icons.js";
import { useStore } from "../store.js";
import { dismiss } from "../toasts.js";

export function Toasts() {
  const toasts = useStore((state) => state.toasts);
  return html`
    <div class="toasts" role="status" aria-live="polite">
      ${toasts.map((toast) => html`
        <div key=${toast.id} class=${`toast ${toast.kind}`}>
          <${Icon} name=${toast.kind === "done" ? "check" : "alert"} /><span>${toast.text}</span>
          <button class="icon-button" aria-label=${t("toast.dismiss")} onClick=${() => dismiss(toast.id)}><${Icon} name="close" size=${16} /></button>
        </div>`)}
    </div>`;
}
