// Text with its addresses and phone numbers made clickable. Only http(s) and tel links are ever built.
import { html } from "../view.js";

const FINDS = /(https?:\/\/[^\s<>"']*[^\s<>"'.,;:!?)\]])|(\+\d[\d ()-]{7,17}\d)/g;

export function Linked({ text }) {
  const parts = [];
  let from = 0;
  for (const found of text.matchAll(FINDS)) {
    parts.push(text.slice(from, found.index));
    const [whole, address] = found;
    parts.push(address
      ? html`<a href=${address} target="_blank" rel="noopener noreferrer">${whole}</a>`
      : html`<a href=${`tel:${whole.replace(/[^+\d]/g, "")}`}>${whole}</a>`);
    from = found.index + whole.length;
  }
  parts.push(text.slice(from));
  return parts;
}
