// Icons drawn for this console on a 20 x 20 grid, one line weight, the colour of the text around them.
import { html } from "./view.js";

const PATHS = {
  inbox: "M3 11.5h3.6l1.2 2.2h4.4l1.2-2.2H17M3 11.5 5 5.2h10l2 6.3v4H3z",
  phone: "M6.6 3.5 8.3 7 6.8 8.6c.9 1.9 2.6 3.6 4.6 4.6L13 11.7l3.5 1.7v2.2c0 .6-.5 1-1.1 1C9.3 16.3 3.7 10.7 3.4 4.6c0-.6.4-1.1 1-1.1z",
  ticket: "M3.5 6h13v2.7a1.6 1.6 0 0 0 0 3.1v2.7h-13v-2.7a1.6 1.6 0 0 0 0-3.1zM8 8.7h4.5M8 11.5h3",
  help: "M7.7 7.7c.1-1.3 1.1-2.1 2.4-2.1 1.4 0 2.3.8 2.3 2 0 1.7-2.3 1.8-2.3 3.6M10 14v.1",
  back: "M12 4.5 6.5 10l5.5 5.5",
  close: "M5.5 5.5l9 9M14.5 5.5l-9 9",
  send: "M10 15.5v-11M5.5 9 10 4.5 14.5 9",
  check: "M4.5 10.5 8.3 14.2 15.5 6.5",
  checks: "M2.5 10.7 5.8 14 12 7M9.2 13.3l.8.7L17 7",
  clock: "M10 3.5a6.5 6.5 0 1 0 .01 0M10 6.5V10l2.3 1.7",
  alert: "M10 3.8 17.2 16H2.8zM10 8.3v3.4M10 13.9v.1",
  transfer: "M4 7.2h11M12.2 4.3 15.2 7.2l-3 2.9M16 12.8H5M7.8 9.9l-3 2.9 3 2.9",
  spark: "M10 3.5c.5 3.7 2.3 5.7 6 6.5-3.7.8-5.5 2.8-6 6.5-.5-3.7-2.3-5.7-6-6.5 3.7-.8 5.5-2.8 6-6.5z",
  note: "M4.5 4.5h11v7.3l-3.7 3.7H4.5zM15.5 11.8h-3.7v3.7M7.5 8h5M7.5 10.7h2.5",
  panel: "M3.5 4.5h13v11h-13zM12 4.5v11",
  user: "M10 10.2a3 3 0 1 0-.01 0M4.3 16.5c.6-2.8 2.8-4.2 5.7-4.2s5.1 1.4 5.7 4.2",
  idea: "M7.7 13.2c0-1.5-2.2-2.5-2.2-5.2a4.5 4.5 0 0 1 9 0c0 2.7-2.2 3.7-2.2 5.2zM8.2 16h3.6",
  question: "M4 4.5h12v9H9.5L6 16.5v-3H4zM8.5 7.6c0-.8.7-1.3 1.5-1.3s1.5.5 1.5 1.2c0 1-1.5 1-1.5 2M10 11.3v.1",
  complaint: "M4 4.5h12v9H9.5L6 16.5v-3H4zM10 6.5v3M10 11.3v.1",
  paperclip: "M14.8 9.6 10 14.4a3 3 0 0 1-4.2-4.2l5.5-5.5a2 2 0 0 1 2.9 2.9l-5.4 5.4a1 1 0 0 1-1.4-1.4l4.7-4.7",
  down: "M5 8l5 5 5-5",
  insert: "M15.5 4.5v5.2H5.5M8.7 6.4 5.3 9.7l3.4 3.3",
  logout: "M12 4.5H5v11h7M9 10h8M14.2 7.2 17 10l-2.8 2.8",
  refresh: "M15.7 8.2A6 6 0 1 0 16 11M16.2 4.5v3.8h-3.8",
  webchat: "M10 3.5a6.5 6.5 0 1 0 .01 0M3.5 10h13M10 3.5c-4.3 4-4.3 9 0 13 4.3-4 4.3-9 0-13",
  telegram: "M3.5 9.7 16.5 4.5l-2.2 11.3-4.2-3.2-2.4 2.2-.4-3.7 6-4.2-7.6 3.7z",
  messenger: "M10 3.5c-3.8 0-6.6 2.7-6.6 6.2 0 1.9.8 3.5 2.2 4.6v2.5l2.2-1.2c.7.2 1.4.3 2.2.3 3.8 0 6.6-2.7 6.6-6.2S13.8 3.5 10 3.5zM6 11.5l3-3 2 2 3-2.2",
};

/** Decorative: what it means is said in text or in the label of the element around it. */
export const Icon = ({ name, size = 18 }) => html`
  <svg class="icon" width=${size} height=${size} viewBox="0 0 20 20" fill="none" stroke="currentColor"
    stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
    <path d=${PATHS[name] ?? PATHS.webchat} />
  </svg>`;
