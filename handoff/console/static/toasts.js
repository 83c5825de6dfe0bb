// Short messages that come and go in a corner.
import { explain } from "./i18n.js";
import { set } from "./store.js";

let toastNumber = 0;

/** Shows a short message; kind: "done" | "warning" | "error". Errors stay longer. */
export function notify(kind, text) {
  toastNumber += 1;
  const toast = { id: toastNumber, kind, text };
  set((state) => ({ toasts: [...state.toasts.slice(-2), toast] }));
  setTimeout(() => dismiss(toast.id), kind === "done" ? 3500 : 8000);
}

export const dismiss = (id) => set((state) => ({ toasts: state.toasts.filter((toast) => toast.id !== id) }));

/** Tells the agent what went wrong; a lost login is told by the login form itself. */
export function fail(error) {
  if (error.status !== 401) notify("error", explain(error));
  return null;
}
