import { html, useEffect, useRef, useState } from "../view.js";

/** A button that opens a small panel beside it. Escape, a click elsewhere or leaving it with Tab closes it. */
export function Popover({ label, face, className, children }) {
  const [open, setOpen] = useState(false);
  const box = useRef(null);

  useEffect(() => {
    if (!open) return undefined;
    const away = (event) => box.current.contains(event.target) || setOpen(false);
    document.addEventListener("pointerdown", away);
    document.addEventListener("focusin", away);
    return () => {
      document.removeEventListener("pointerdown", away);
      document.removeEventListener("focusin", away);
    };
  }, [open]);

  const onKeyDown = (event) => {
    if (event.key !== "Escape" || !open) return;
    event.stopPropagation();
    setOpen(false);
    box.current.querySelector("button").focus();
  };

  return html`
    <div class="popover-box" ref=${box} onKeyDown=${onKeyDown}>
      <button type="button" class=${className} aria-label=${label} title=${label} aria-expanded=${open}
        onClick=${() => setOpen(!open)}>${face}</button>
      ${open && html`<div class="popover">${children}</div>`}
    </div>`;
}
