// The agent's own settings, kept in this browser.
import { useEffect, useState } from "./view.js";

const KEY = "okienko.preferences";
const LANGUAGES = ["en", "pl", "ru"];
const listeners = new Set();

function fromBrowser() {
  const wished = (navigator.languages ?? [navigator.language]).map((tag) => tag.slice(0, 2).toLowerCase());
  return wished.find((tag) => LANGUAGES.includes(tag)) ?? "en";
}

function read() {
  let saved = {};
  try {
    saved = JSON.parse(localStorage.getItem(KEY)) ?? {};
  } catch {
    // a damaged entry counts as none
  }
  return {
    language: LANGUAGES.includes(saved.language) ? saved.language : fromBrowser(),
    sound: saved.sound === true,
    shortcuts: saved.shortcuts !== false,
  };
}

let preferences = read();
document.documentElement.lang = preferences.language;

export const prefer = () => preferences;

export function setPreference(name, value) {
  preferences = { ...preferences, [name]: value };
  document.documentElement.lang = preferences.language;
  localStorage.setItem(KEY, JSON.stringify(preferences));
  for (const listener of listeners) listener();
}

export function usePreferences() {
  const [value, setValue] = useState(preferences);
  useEffect(() => {
    const update = () => setValue(preferences);
    update();
    listeners.add(update);
    return () => listeners.delete(update);
  }, []);
  return value;
}
