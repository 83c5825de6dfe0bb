// A fictional bank's home page. The brand is the last part of the address (or ?brand=), the language ?lang= or the
// browser's; everything else comes from the server's list of brands. At the end it adds the widget as any site would.
import { TEXTS } from "/demo/static/brand-texts.js";

const LANGUAGES = { pl: "PL", ru: "RU", en: "EN" };
const query = new URLSearchParams(location.search);
const id = query.get("brand") ?? decodeURIComponent(location.pathname.split("/").filter(Boolean).at(-1) ?? "");
const wished = [query.get("lang"), ...navigator.languages].map((tag) => (tag ?? "").slice(0, 2));
const language = wished.find((tag) => tag in LANGUAGES) ?? "pl";

function fill(brand) {
  const classic = id === "modrzew" || brand.name.length > 6;
  document.documentElement.lang = language;
  document.documentElement.style.setProperty("--brand", brand.colour);
  document.body.className = classic ? "classic" : "mobile";
  const texts = { ...TEXTS[language].all, ...TEXTS[language][classic ? "classic" : "mobile"] };
  for (const element of document.querySelectorAll("[data-text]")) element.textContent = texts[element.dataset.text];
  for (const element of document.querySelectorAll("[data-brand-name]")) element.textContent = brand.name;
  for (const element of document.querySelectorAll("[data-label]")) element.setAttribute("aria-label", texts[element.dataset.label]);
  document.getElementById("mark").textContent = brand.name[0];
  document.title = `${brand.name} – ${texts.headline}`;
  document.getElementById("languages").append(...Object.entries(LANGUAGES).map(([code, label]) => {
    const link = document.createElement("a");
    link.href = `?lang=${code}`;
    link.textContent = label;
    link.lang = code;
    if (code === language) link.setAttribute("aria-current", "true");
    return link;
  }));
}

function addWidget(brand) {
  const script = document.createElement("script");
  script.src = "/widget.js";
  script.async = true;
  Object.assign(script.dataset, { brand: id, lang: language, colour: brand.colour });
  if (query.get("open") === "true") script.dataset.open = "true";
  document.body.append(script);
}

const brands = await (await fetch("/channels/webchat/brands")).json();
if (brands[id]) {
  fill(brands[id]);
  addWidget(brands[id]);
} else {
  location.replace("/"); // no such brand: back to the choice
}
