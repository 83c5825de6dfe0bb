// Times, dates and names in the agent's language.
import { useEffect, useState } from "./view.js";
import { t } from "./i18n.js";
import { prefer } from "./preferences.js";

const MINUTE = 60_000; // ms
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const formats = new Map();

function format(date, options) {
  const key = prefer().language + JSON.stringify(options);
  if (!formats.has(key)) {
    const locale = { en: "en-GB", pl: "pl-PL", ru: "ru-RU" }[prefer().language];
    formats.set(key, new Intl.DateTimeFormat(locale, options));
  }
  return formats.get(key).format(date);
}

const dayNumber = (date) => Math.round(Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / DAY);

/** Days from today to the date: 0 today, 1 tomorrow, -1 yesterday. */
export const daysFromToday = (value) => dayNumber(new Date(value)) - dayNumber(new Date());

/** A date without a time ("2026-11-25") means that day here, not midnight UTC. */
export const localDate = (text) => new Date(`${text}T12:00:00`);

export const clock = (value) => format(new Date(value), { hour: "2-digit", minute: "2-digit" });

export const fullTime = (value) => format(new Date(value), { dateStyle: "full", timeStyle: "medium" });

/** "Today", "Yesterday", "Tomorrow" or the date. */
export function day(value) {
  const distance = daysFromToday(value);
  if (distance === 0) return t("day.today");
  if (distance === -1) return t("day.yesterday");
  if (distance === 1) return t("day.tomorrow");
  const date = new Date(value);
  const year = date.getFullYear() === new Date().getFullYear() ? {} : { year: "numeric" };
  return format(date, { weekday: "short", day: "numeric", month: "short", ...year });
}

/** The clock for today's times, the date for others: for narrow places. */
export function shortTime(value) {
  if (daysFromToday(value) === 0) return clock(value);
  return format(new Date(value), { day: "numeric", month: "short" });
}

export const dayAndClock = (value) => `${day(value)}, ${clock(value)}`;

/** "0:42", "12:05", "1 h 02", "3 d" */
export function duration(milliseconds) {
  const time = Math.max(0, milliseconds);
  const two = (number) => String(Math.floor(number)).padStart(2, "0");
  if (time >= DAY) return `${Math.floor(time / DAY)} ${t("unit.days")}`;
  if (time >= HOUR) return `${Math.floor(time / HOUR)} ${t("unit.hours")} ${two((time % HOUR) / MINUTE)}`;
  return `${Math.floor(time / MINUTE)}:${two((time % MINUTE) / 1000)}`;
}

/** How urgent a waiting time is: calm until 2 minutes, late from 5. */
export function waitLevel(milliseconds) {
  if (milliseconds >= 5 * MINUTE) return "late";
  return milliseconds >= 2 * MINUTE ? "soon" : "calm";
}

export const percent = (share) => `${Math.round(share * 100)}%`;

/** Groups an E.164 number for reading aloud: +48 600 100 200. */
export function phone(number) {
  const polish = /^\+48(\d{3})(\d{3})(\d{3})$/.exec(number);
  if (polish) return `+48 ${polish.slice(1).join(" ")}`;
  const russian = /^\+7(\d{3})(\d{3})(\d{2})(\d{2})$/.exec(number);
  return russian ? `+7 ${russian.slice(1).join(" ")}` : number;
}

const watchers = new Set();
let clockTimer = null;

/** The time now (ms), anew every second; one timer serves all views. */
export function useNow() {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    watchers.add(setNow);
    clockTimer ??= setInterval(() => {
      const time = Date.now();
      for (const watcher of watchers) watcher(time);
    }, 1000);
    return () => {
      watchers.delete(setNow);
      if (watchers.size > 0) return;
      clearInterval(clockTimer);
      clockTimer = null;
    };
  }, []);
  return now;
}
