// The console's own words. A text with a missing translation shows in English, never as a bare key.
import en from "./texts/en.js";
import pl from "./texts/pl.js";
import ru from "./texts/ru.js";
import { prefer } from "./preferences.js";
import { current } from "./store.js";

const TEXTS = { en, pl, ru };

export const LANGUAGE_NAMES = { en: "English", pl: "Polski", ru: "Русский" };

/** The text of a key in the agent's language, with {placeholders} filled. */
export function t(key, values = {}) {
  const text = TEXTS[prefer().language][key] ?? en[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

const has = (key) => key in en;
const words = (id) => String(id).replaceAll("_", " ");

/** A word of the system (an intent, a reason, a state) in the agent's language; an unknown one as it is. */
export const word = (kind, id) => (has(`${kind}.${id}`) ? t(`${kind}.${id}`) : words(id));

/** A topic's name: the server's, if it sends one, else the id in words. */
export function topicName(id) {
  const known = current().topics.find((topic) => topic.id === id);
  return known?.name?.[prefer().language] ?? words(id);
}

export function teamName(id) {
  const names = current().teams[id];
  return names?.[prefer().language] ?? names?.en ?? words(id);
}

export const brandOf = (id) => current().brands[id] ?? { name: words(id), colour: "#777777" };

/** A sentence for the agent about what went wrong. */
export function explain(error) {
  const key = `error.${error.code}`;
  if (error.code === "already_claimed" && error.message) return error.message;
  if (has(key)) return t(key);
  return error.message || t("error.unknown");
}
