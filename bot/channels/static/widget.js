// The web widget: a chat with a brand's assistant and agents, in one script without libraries.
//
//   <script src="https://bank.example/widget.js" data-brand="modrzew" async></script>
//
// Optional: data-lang="pl|ru|en" (else the browser's), data-open="true" (open at the start), data-target="#element"
// (drawn inside that element instead of floating), data-colour="#0f6b4f" (before the server has told the brand's).
//
// It keeps its session (128 random bits) and what the server has not acknowledged in localStorage. An unacknowledged
// message is sent again with the same id after every reconnect, so it arrives once; what was missed is asked for with
// `after=` the last id of the bank's messages. Everything shown is text: nothing from the network is ever parsed as HTML.
(() => {
  "use strict";
  const script = document.currentScript;
  if (!script) return;
  const options = script.dataset;
  const brand = options.brand || "";
  const server = new URL(script.src);
  const LANGUAGES = ["pl", "ru", "en"];
  const language = [options.lang, ...(navigator.languages ?? [])].map((tag) => (tag ?? "").slice(0, 2).toLowerCase())
    .find((tag) => LANGUAGES.includes(tag)) ?? "";

  const WORDS = {
    pl: { assistant: "Asystent", agent: "Konsultant", sending: "Wysyłanie…", sent: "Wysłano", failed: "Nie wysłano", below: "Nowe wiadomości", typing: "Pisze…", messages: "Wiadomości",
      title: "Czat", subtitle: "", placeholder: "Napisz wiadomość…", send: "Wyślij", offline: "Brak połączenia", retry: "Ponów", open: "Otwórz czat", close: "Zamknij czat", today: "Dzisiaj" },
    ru: { assistant: "Помощник", agent: "Специалист", sending: "Отправляется…", sent: "Отправлено", failed: "Не отправлено", below: "Новые сообщения", typing: "Печатает…", messages: "Сообщения",
      title: "Чат", subtitle: "", placeholder: "Напишите сообщение…", send: "Отправить", offline: "Нет связи", retry: "Повторить", open: "Открыть чат", close: "Закрыть чат", today: "Сегодня" },
    en: { assistant: "Assistant", agent: "Agent", sending: "Sending…", sent: "Sent", failed: "Not sent", below: "New messages", typing: "Typing…", messages: "Messages",
      title: "Chat", subtitle: "", placeholder: "Write a message…", send: "Send", offline: "No connection", retry: "Try again", open: "Open chat", close: "Close chat", today: "Today" },
  };
  let words = { ...WORDS[language || "en"] };
  let shownLanguage = language || "en";

  // ---- what the browser keeps; private windows may keep nothing, then the page itself does

  const memory = new Map();
  const keyOf = (name) => `okienko.${brand}.${name}`;
  function load(name, otherwise) {
    try {
      return JSON.parse(localStorage.getItem(keyOf(name))) ?? otherwise;
    } catch {
      return memory.get(name) ?? otherwise;
    }
  }
  function save(name, value) {
    memory.set(name, value);
    try {
      localStorage.setItem(keyOf(name), JSON.stringify(value));
    } catch {
      // the page's own memory has it
    }
  }
  const randomHex = (bytes) => Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const known = load("session", null);
  const session = known ?? randomHex(16);

  // Another tab may share the list: it is read anew before each change. What is no message of ours is not kept.
  const isUnsent = (item) => /^[\w.-]{1,64}$/.test(item?.id) && typeof item.text === "string";
  function unsent() {
    const kept = load("unsent", []);
    return Array.isArray(kept) ? kept.filter(isUnsent) : [];
  }
  const keepUnsent = (item) => save("unsent", [...unsent().filter((one) => one.id !== item.id), item]);
  const dropUnsent = (id) => save("unsent", unsent().filter((one) => one.id !== id));

  // ---- the messages

  const entries = []; // {id, client, author, name, text, buttons, at, state, sequence, order}, sorted
  let lastId = 0; // of the bank's messages: own ones may come back before earlier ones of the bank are released
  let sequence = 0;

  function sort() {
    const place = (entry) => entry.id ?? entry.order ?? Infinity; // unacknowledged ones come last
    entries.sort((a, b) => (place(a) === place(b) ? a.sequence - b.sequence : place(a) - place(b)));
  }

  function addEntry(entry) {
    sequence += 1;
    entries.push({ id: null, order: null, client: null, name: "", state: "", buttons: [], ...entry, sequence });
    sort();
  }

  function arrived(message) {
    const at = message.at ? new Date(message.at) : null;
    if (message.author !== "customer") lastId = Math.max(lastId, message.id);
    if (entries.some((entry) => entry.id === message.id)) return false;
    const own = message.author === "customer" && (
      entries.find((entry) => entry.client && entry.client === message.client_id)
      ?? entries.find((entry) => entry.client && entry.id === null && !message.client_id && entry.text === message.text));
    if (own) {
      Object.assign(own, { id: message.id, state: "sent", at: at ?? own.at });
      dropUnsent(own.client);
      sort();
      return false;
    }
    addEntry({ id: message.id, author: message.author, name: message.name ?? "", text: message.text ?? "", buttons: message.buttons ?? [], at });
    return message.author !== "customer";
  }

  function acknowledged(client, id) {
    dropUnsent(client);
    const entry = entries.find((one) => one.client === client);
    if (!entry) return;
    entry.state = "sent";
    sequence += 1;
    const newest = Math.max(lastId, ...entries.map((one) => one.id ?? 0));
    if (entry.id === null) entry.order = newest + sequence / 1e6; // after all that is here, before all that comes
    if (entry.id === null && typeof id === "number") entry.id = id;
    sort();
  }

  /** The server cannot read the message and never will: it is not sent again. */
  function refused(client) {
    dropUnsent(client);
    const entry = entries.find((one) => one.client === client);
    if (entry && entry.id === null) entry.state = "refused";
  }

  // ---- the connection: tried again after 0.5, 1, 2 ... 20 s, each shortened by a random part

  const ACK_WAIT = 10_000; // ms after which a silent connection counts as dead
  let socket = null;
  let failures = 0;
  let timer = null;
  let ackTimer = null;
  let connected = false;

  function connect() {
    clearTimeout(timer);
    timer = null;
    save("session", session);
    const address = new URL("/channels/webchat/ws", server);
    address.protocol = server.protocol === "https:" ? "wss:" : "ws:";
    address.search = new URLSearchParams({ brand, session, after: lastId, hello: 1, ...(language && { lang: language }) });
    const mine = new WebSocket(address);
    socket = mine;
    mine.onopen = () => {
      failures = 0;
      connected = true;
      for (const entry of entries) if (entry.client && !["sent", "refused"].includes(entry.state)) transmit(entry);
      view.draw();
    };
    mine.onmessage = (event) => {
      if (mine === socket) handle(JSON.parse(event.data));
    };
    mine.onclose = () => {
      if (mine === socket) lost();
    };
  }

  function lost() {
    socket = null;
    connected = false;
    failures += 1;
    clearTimeout(ackTimer);
    for (const entry of entries) if (entry.state === "sending") entry.state = "failed";
    timer = setTimeout(connect, Math.min(20_000, 500 * 2 ** (failures - 1)) * (0.5 + Math.random() / 2));
    view.showTyping(false);
    view.draw();
  }

  /** Tries at once, if a try is due later anyway. */
  function hurry() {
    if (timer !== null && !document.hidden) connect();
  }

  function transmit(entry) {
    entry.state = socket === null ? "failed" : "sending";
    if (socket?.readyState !== WebSocket.OPEN) return; // goes out when it opens
    socket.send(JSON.stringify({ id: entry.client, text: entry.text, ...(entry.payload && { payload: entry.payload }) }));
    clearTimeout(ackTimer);
    ackTimer = setTimeout(() => {
      const silent = socket;
      if (!silent || !entries.some((one) => one.state === "sending")) return;
      silent.close();
      lost(); // a dead connection may take minutes to report its end
    }, ACK_WAIT);
  }

  function handle(message) {
    if (message.type === "hello") {
      words = { ...(WORDS[message.language] ?? words), ...message.texts };
      shownLanguage = message.language ?? shownLanguage;
      view.brand(message.brand);
      view.label();
      view.announceFromNow();
    } else if (message.type === "message") {
      const fresh = arrived(message);
      if (fresh) view.showTyping(false);
    } else if (message.type === "ack") {
      acknowledged(message.id, message.message_id);
    } else if (message.type === "error") {
      if (message.code === "malformed" && message.id) refused(message.id);
    } else if (message.type === "typing") {
      view.showTyping(true);
    }
    view.draw();
  }

  function say(text, payload = "") {
    const item = { id: crypto.randomUUID?.() ?? randomHex(16), text, payload, at: Date.now() };
    keepUnsent(item);
    addEntry({ client: item.id, author: "customer", text, payload, at: new Date(item.at), state: "failed" });
    transmit(entries.at(-1));
    if (!connected) hurry();
    view.draw();
    view.toEnd();
  }

  // ---- the looks

  const STYLE = `
    :host { all: initial; --brand: #2f4b8f; --on-brand: #fff; --surface: #fff; --soft: #f1f1ee; --line: #e1e1dc; --text: #1b1c1f; --muted: #5c5f66; --link: var(--brand); --bad: #b3261e; --bad-soft: #fdeceb;
      position: relative; z-index: 2147483000; color-scheme: light dark; }
    @media (prefers-color-scheme: dark) { :host { --surface: #1a1b1f; --soft: #292b31; --line: #34363d; --text: #ececef; --muted: #a6a9b2; --link: color-mix(in srgb, var(--brand) 45%, white); --bad: #ff9a92; --bad-soft: #3d1f1e; } }
    * { box-sizing: border-box; }
    [hidden] { display: none !important; }
    .root { font: 15px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; color: var(--text); -webkit-text-size-adjust: 100%; }
    button, textarea { font: inherit; color: inherit; }
    button { cursor: pointer; }
    :focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
    svg { display: block; fill: none; stroke: currentcolor; stroke-width: 1.8; stroke-linecap: round; stroke-linejoin: round; }
    .launcher { position: fixed; right: max(20px, env(safe-area-inset-right)); bottom: max(20px, env(safe-area-inset-bottom)); display: grid; place-items: center; width: 60px; height: 60px; padding: 0; border: 0; border-radius: 50%;
      background: var(--brand); color: var(--on-brand); box-shadow: 0 2px 6px rgb(0 0 0 / 20%), 0 8px 26px rgb(0 0 0 / 22%); transition: transform .15s; }
    .launcher:hover { transform: scale(1.05); }
    .launcher:focus-visible { outline: 3px solid var(--brand); outline-offset: 3px; }
    .badge { position: absolute; top: -3px; right: -3px; min-width: 22px; padding: 0 6px; border: 2px solid var(--surface); border-radius: 12px; background: #c42b22; color: #fff; font-size: 12px; font-weight: 700; line-height: 19px; }
    .panel { position: fixed; right: max(20px, env(safe-area-inset-right)); bottom: max(20px, env(safe-area-inset-bottom)); display: flex; flex-direction: column; width: 392px; height: min(660px, calc(100dvh - 40px)); overflow: hidden;
      border: 1px solid var(--line); border-radius: 18px; background: var(--surface); box-shadow: 0 2px 8px rgb(0 0 0 / 12%), 0 18px 56px rgb(0 0 0 / 26%); animation: rise .18s ease-out; outline: none; }
    .head { display: flex; align-items: center; gap: 11px; flex: none; padding: 12px 10px 12px 16px; background: var(--brand); color: var(--on-brand); }
    .mark { display: grid; place-items: center; flex: none; width: 38px; height: 38px; border-radius: 50%; background: color-mix(in srgb, currentcolor 18%, transparent); font-size: 17px; font-weight: 700; }
    h2 { flex: 1; min-width: 0; margin: 0; overflow: hidden; font-size: 16px; font-weight: 650; text-overflow: ellipsis; white-space: nowrap; }
    .close { display: grid; place-items: center; width: 40px; height: 40px; padding: 0; border: 0; border-radius: 10px; background: none; color: inherit; }
    .close:hover { background: color-mix(in srgb, currentcolor 16%, transparent); }
    .close:focus-visible { outline-color: currentcolor; outline-offset: -3px; }
    .offline { flex: none; margin: 0; padding: 7px 16px; background: var(--bad-soft); color: var(--bad); font-size: 13.5px; font-weight: 550; }
    .middle { position: relative; flex: 1; min-height: 0; }
    .log { height: 100%; overflow-y: auto; padding: 16px; overscroll-behavior: contain; scrollbar-width: thin; outline-offset: -3px; }
    .intro { margin: 2px 12px 18px; color: var(--muted); font-size: 13.5px; text-align: center; text-wrap: balance; }
    .intro:empty { display: none; }
    .log:has(.list:empty) { display: grid; place-content: center; }
    .log:has(.list:empty) .intro { max-width: 280px; font-size: 15.5px; }
    .day { margin: 14px 0 8px; color: var(--muted); font-size: 12.5px; font-weight: 550; text-align: center; }
    .message { display: grid; justify-items: start; gap: 3px; margin-top: 4px; }
    .message.first { margin-top: 12px; }
    .message.customer { justify-items: end; }
    .who { margin-left: 2px; color: var(--muted); font-size: 12.5px; font-weight: 600; }
    .bubble { max-width: 90%; padding: 9px 13px; border-radius: 17px; border-bottom-left-radius: 5px; background: var(--soft); overflow-wrap: anywhere; white-space: pre-line; }
    .agent .bubble { background: var(--surface); border: 1.5px solid var(--link); }
    .customer .bubble { border-radius: 17px; border-bottom-right-radius: 5px; background: var(--brand); color: var(--on-brand); }
    .bubble a { color: var(--link); text-underline-offset: 2px; }
    .bubble a[href^="tel:"] { white-space: nowrap; }
    .customer .bubble a { color: inherit; }
    .system .bubble { justify-self: center; max-width: 92%; padding: 4px 12px; background: none; color: var(--muted); font-size: 13.5px; text-align: center; }
    .buttons { display: flex; flex-wrap: wrap; gap: 7px; max-width: 96%; margin-top: 5px; }
    .buttons button { min-height: 38px; padding: 6px 14px; border: 1.5px solid var(--link); border-radius: 19px; background: var(--surface); color: var(--link); font-weight: 600; font-size: 14px; text-align: left; }
    .buttons button:hover:enabled { background: color-mix(in srgb, var(--brand) 12%, var(--surface)); }
    .buttons button:disabled { border-color: var(--line); color: var(--muted); cursor: default; font-weight: 500; }
    .meta { display: flex; align-items: center; gap: 6px; min-height: 17px; color: var(--muted); font-size: 12px; font-variant-numeric: tabular-nums; }
    .meta:empty { display: none; }
    .failed .meta, .refused .meta { color: var(--bad); font-weight: 550; }
    .retry { padding: 2px 4px; border: 0; background: none; color: inherit; font-weight: 650; text-decoration: underline; }
    .typing { display: flex; gap: 5px; width: 58px; margin-top: 10px; padding: 14px 15px; border-radius: 17px; border-bottom-left-radius: 5px; background: var(--soft); }
    .typing i { width: 7px; height: 7px; border-radius: 50%; background: var(--muted); animation: dot 1.2s infinite; }
    .typing i:nth-child(2) { animation-delay: .15s; } .typing i:nth-child(3) { animation-delay: .3s; }
    .pill { position: absolute; left: 50%; bottom: 10px; padding: 7px 15px; border: 1px solid var(--line); border-radius: 18px; background: var(--surface); box-shadow: 0 3px 12px rgb(0 0 0 / 18%); font-size: 13.5px; font-weight: 600; transform: translateX(-50%); }
    form { display: flex; align-items: flex-end; gap: 8px; flex: none; padding: 10px 10px 10px 14px; border-top: 1px solid var(--line); }
    textarea { flex: 1; min-width: 0; max-height: 130px; min-height: 42px; padding: 10px 12px; border: 1px solid var(--line); border-radius: 21px; background: var(--soft); resize: none; font-size: 16px; line-height: 20px; }
    textarea:focus-visible { outline-offset: -1px; }
    textarea::placeholder { color: var(--muted); opacity: 1; }
    .send { display: grid; place-items: center; flex: none; width: 42px; height: 42px; padding: 0; border: 0; border-radius: 50%; background: var(--brand); color: var(--on-brand); }
    .send:disabled { background: var(--soft); color: var(--muted); cursor: default; }
    .inline .panel { position: relative; inset: auto; width: 100%; height: 100%; min-height: 420px; animation: none; box-shadow: none; }
    .sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
    @keyframes rise { from { opacity: 0; transform: translateY(14px); } }
    @keyframes dot { 40% { opacity: .3; transform: translateY(-3px); } }
    @media (max-width: 520px) {
      .root:not(.inline) .panel { inset: 0; width: auto; height: var(--visible, 100dvh); border: 0; border-radius: 0; }
      .root:not(.inline) .head { padding-top: calc(12px + env(safe-area-inset-top)); }
      .root:not(.inline) form { padding-bottom: calc(10px + env(safe-area-inset-bottom)); }
    }
    @media (prefers-reduced-motion: reduce) { * { animation: none !important; transition: none !important; } }
    @media (forced-colors: active) { .bubble { border: 1px solid; } }
  `;

  const SVG = "http://www.w3.org/2000/svg";
  function icon(path, size) {
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("width", size);
    svg.setAttribute("height", size);
    svg.setAttribute("aria-hidden", "true");
    svg.appendChild(document.createElementNS(SVG, "path")).setAttribute("d", path);
    return svg;
  }

  function make(tag, className, properties = {}, ...children) {
    const element = document.createElement(tag);
    if (className) element.className = className;
    for (const [name, value] of Object.entries(properties)) {
      if (name in element) element[name] = value;
      else element.setAttribute(name, value);
    }
    element.append(...children);
    return element;
  }

  const FINDS = /(https?:\/\/[^\s<>"']*[^\s<>"'.,;:!?)\]])|(\+\d[\d \u00a0()-]{7,17}\d)/g;
  /** The text as nodes, its http(s) addresses and phone numbers as links. */
  function linked(text) {
    const nodes = [];
    let from = 0;
    for (const found of text.matchAll(FINDS)) {
      const [whole, address] = found;
      nodes.push(text.slice(from, found.index));
      nodes.push(address
        ? make("a", "", { href: address, target: "_blank", rel: "noopener noreferrer" }, whole)
        : make("a", "", { href: `tel:${whole.replace(/[^+\d]/g, "")}` }, whole));
      from = found.index + whole.length;
    }
    nodes.push(text.slice(from));
    return nodes;
  }

  /** Black or white, whichever reads better on the colour (WCAG luminance). */
  function readableOn(colour) {
    const [red, green, blue] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255)
      .map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.22 ? "#101114" : "#ffffff";
  }

  const NEAR = 60; // px from the end that still count as reading the end
  const locale = () => (shownLanguage === "en" ? "en-GB" : shownLanguage);
  const clock = (date) => new Intl.DateTimeFormat(locale(), { hour: "2-digit", minute: "2-digit" }).format(date);
  const dayName = (date) => (date.toDateString() === new Date().toDateString()
    ? words.today
    : new Intl.DateTimeFormat(locale(), { weekday: "long", day: "numeric", month: "long" }).format(date));

  /** Whether the next message follows in the same breath: then the time stands under that one only. */
  const goesOn = (entry, next) => Boolean(next && entry.at && next.at) && next.author === entry.author && next.name === entry.name
    && next.state === entry.state && clock(next.at) === clock(entry.at);

  const view = (() => {
    const target = options.target ? document.querySelector(options.target) : null;
    const host = make("div", "", { id: "okienko-widget" });
    const shadow = host.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet(); // allowed by a strict Content-Security-Policy of the page around
    sheet.replaceSync(STYLE);
    shadow.adoptedStyleSheets = [sheet];

    const badge = make("span", "badge", { hidden: true });
    const launcher = make("button", "launcher", { type: "button", "data-testid": "launcher", "aria-haspopup": "dialog" },
      icon("M4 5.5h16V17h-9.5L6 20.5V17H4zM8 9.7h8M8 12.9h5", 28), badge);
    const mark = make("span", "mark", { "aria-hidden": "true" });
    const title = make("h2", "", { id: "okienko-title" });
    const close = make("button", "close", { type: "button", "data-testid": "close" }, icon("M6 6l12 12M18 6L6 18", 22));
    const offline = make("p", "offline", { hidden: true, role: "status" });
    const intro = make("p", "intro");
    const list = make("div", "list");
    const dots = make("div", "typing", { hidden: true, role: "status", "data-testid": "typing" }, make("i"), make("i"), make("i"), make("span", "sr"));
    const log = make("div", "log", { role: "log", "aria-live": "off", tabIndex: 0 }, intro, list, dots);
    const pill = make("button", "pill", { type: "button", hidden: true });
    const input = make("textarea", "", { rows: 1, maxLength: 4000, "data-testid": "input", enterKeyHint: "send", autocomplete: "off" });
    const send = make("button", "send", { type: "submit", "data-testid": "send", disabled: true }, icon("M12 19V5M5.5 11.5 12 5l6.5 6.5", 22));
    const form = make("form", "", {}, input, send);
    const panel = make("section", "panel", { role: "dialog", tabIndex: -1, hidden: true, "data-testid": "panel", "aria-labelledby": "okienko-title" },
      make("div", "head", {}, mark, title, ...(target ? [] : [close])), offline, make("div", "middle", {}, log, pill), form);
    const root = make("div", target ? "root inline" : "root", {}, ...(target ? [] : [launcher]), panel);
    shadow.append(root);

    const phone = matchMedia("(max-width: 520px)");
    const drawn = new Map(); // entry -> its element and what it was drawn from
    let isOpen = false;
    let atEnd = true;
    let typingTimer = null;
    let offlineTimer = null;
    let overflowBefore = "";

    // To the end, but never past the customer's own last message: a long answer is read from its beginning.
    const toEnd = () => {
      const asked = drawn.get(entries.findLast((entry) => entry.author === "customer"))?.box;
      const above = asked ? asked.getBoundingClientRect().top - log.getBoundingClientRect().top - 8 : Infinity;
      log.scrollTop = Math.min(log.scrollHeight, log.scrollTop + above);
      atEnd = true;
      pill.hidden = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR;
    };

    function element(entry, before, next) {
      const newDay = entry.at && (!before?.at || before.at.toDateString() !== entry.at.toDateString());
      const first = newDay || before?.author !== entry.author || before?.name !== entry.name;
      const pressable = !entries.slice(entries.indexOf(entry)).some((one) => one.author === "customer");
      const timed = !goesOn(entry, next);
      const parts = [Boolean(newDay), first, timed, pressable && entry.buttons.length > 0, entry.state, entry.text, Number(entry.at), shownLanguage];
      const key = JSON.stringify(parts);
      const old = drawn.get(entry);
      if (old?.key === key) return old.box;

      const box = old?.box ?? make("div");
      const hadFocus = box.contains(shadow.activeElement);
      box.className = `message ${entry.author}${first ? " first" : ""} ${entry.state}`;
      Object.assign(box.dataset, { testid: "message", author: entry.author, state: entry.state });
      const spoken = entry.author !== "system";
      const meta = make("div", "meta");
      if (entry.state === "failed") {
        const retry = make("button", "retry", { type: "button" }, words.retry);
        retry.addEventListener("click", hurry);
        meta.append(words.failed, retry);
      } else if (entry.state === "refused") meta.append(words.failed);
      else if (entry.state === "sending") meta.append(words.sending);
      else if (spoken && timed && entry.at) meta.append(clock(entry.at), ...(entry.state === "sent" ? [` · ${words.sent}`] : []));
      const who = { agent: entry.name || words.agent, assistant: words.assistant }[entry.author];
      box.replaceChildren(
        ...(newDay ? [make("div", "day", {}, dayName(entry.at))] : []),
        ...(first && who ? [make("span", "who", {}, who)] : []),
        make("div", "bubble", {}, ...linked(entry.text)),
        ...(entry.buttons.length ? [choices(entry, pressable)] : []),
        meta,
      );
      if (newDay) box.firstChild.style.justifySelf = "center";
      if (hadFocus) input.focus();
      drawn.set(entry, { key, box });
      return box;
    }

    function choices(entry, pressable) {
      return make("div", "buttons", {}, ...entry.buttons.map(({ title: text, payload }) => {
        const button = make("button", "", { type: "button", disabled: !pressable, "data-testid": "button" }, text);
        button.addEventListener("click", () => say(text, payload));
        return button;
      }));
    }

    function draw() {
      let place = list.firstChild;
      const count = list.childElementCount;
      entries.forEach((entry, index) => {
        const box = element(entry, entries[index - 1], entries[index + 1]);
        if (box === place) place = place.nextSibling;
        else list.insertBefore(box, place);
      });
      if (atEnd) toEnd();
      else if (list.childElementCount > count) pill.hidden = false;
      showUnread();
      clearTimeout(offlineTimer);
      if (connected || failures === 0) offline.hidden = true;
      else offlineTimer = setTimeout(() => { offline.hidden = connected; }, 1200); // a short break is nobody's business
    }

    function showUnread() {
      if (isOpen && !document.hidden) save("read", Math.max(lastId, load("read", 0)));
      const read = load("read", 0);
      const unread = entries.filter((entry) => entry.author !== "customer" && entry.id > read).length;
      badge.hidden = isOpen || unread === 0;
      badge.textContent = String(unread);
      launcher.setAttribute("aria-label", badge.hidden ? words.open : `${words.open} (${words.below}: ${unread})`);
    }

    function label() {
      root.lang = shownLanguage;
      title.textContent = words.title;
      intro.textContent = words.subtitle;
      input.placeholder = words.placeholder;
      input.setAttribute("aria-label", words.placeholder);
      send.setAttribute("aria-label", words.send);
      close.setAttribute("aria-label", words.close);
      log.setAttribute("aria-label", words.messages);
      offline.textContent = words.offline;
      pill.textContent = words.below;
      dots.lastChild.textContent = words.typing;
      showUnread();
    }

    function open() {
      if (isOpen) return;
      isOpen = true;
      panel.hidden = false;
      launcher.hidden = true;
      if (phone.matches && !target) {
        overflowBefore = document.documentElement.style.overflow;
        document.documentElement.style.overflow = "hidden"; // the page behind must not scroll
        panel.setAttribute("aria-modal", "true");
      }
      if (socket === null && timer === null) connect();
      toEnd();
      draw();
      if (!target) (matchMedia("(hover: hover)").matches ? input : panel).focus();
    }

    function shut() {
      if (!isOpen || target) return;
      isOpen = false;
      panel.hidden = true;
      launcher.hidden = false;
      if (panel.hasAttribute("aria-modal")) document.documentElement.style.overflow = overflowBefore;
      panel.removeAttribute("aria-modal");
      showUnread();
      launcher.focus();
    }

    function grow() {
      input.style.height = "auto";
      input.style.height = `${input.scrollHeight + 2}px`;
      send.disabled = !input.value.trim();
      save("draft", input.value);
    }

    launcher.addEventListener("click", open);
    close.addEventListener("click", shut);
    pill.addEventListener("click", toEnd);
    panel.addEventListener("keydown", (event) => event.key === "Escape" && shut());
    input.addEventListener("input", grow);
    input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      form.requestSubmit();
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = input.value.trim();
      if (!text) return;
      input.value = "";
      grow();
      say(text);
      input.focus();
    });
    log.addEventListener("scroll", () => {
      atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR;
      if (atEnd) pill.hidden = true;
    });
    new ResizeObserver(() => atEnd && toEnd()).observe(log);
    // The keyboard of a phone covers the page without resizing it: the panel keeps to what can be seen.
    visualViewport?.addEventListener("resize", () => panel.style.setProperty("--visible", `${visualViewport.height}px`));
    document.addEventListener("visibilitychange", () => {
      hurry();
      showUnread();
    });
    window.addEventListener("online", hurry);

    return {
      draw, toEnd, label, open,
      inline: Boolean(target),
      attach: () => (target ?? document.body).append(host),
      /** What is replayed at the start is not read aloud, what comes after is. */
      announceFromNow: () => setTimeout(() => log.setAttribute("aria-live", "polite"), 800),
      restoreDraft() {
        input.value = load("draft", "");
        if (input.value) grow();
      },
      brand({ name, colour } = {}) {
        if (name) mark.textContent = name[0].toUpperCase();
        if (!/^#[0-9a-f]{6}$/i.test(colour ?? "")) return;
        host.style.setProperty("--brand", colour);
        host.style.setProperty("--on-brand", readableOn(colour));
      },
      showTyping(on) {
        clearTimeout(typingTimer);
        dots.hidden = !on;
        if (on) typingTimer = setTimeout(() => { dots.hidden = true; }, 8000);
        if (on && atEnd) toEnd();
      },
    };
  })();

  function begin() {
    view.attach();
    view.label();
    view.restoreDraft();
    view.brand({ colour: options.colour });
    for (const item of unsent()) {
      addEntry({ client: item.id, author: "customer", text: item.text, payload: item.payload ?? "", at: new Date(item.at ?? Date.now()), state: "failed" });
    }
    if (options.open === "true" || view.inline) view.open();
    else if (known) connect(); // somebody who has talked to us before learns of new answers without opening it
    if (!options.colour) {
      fetch(new URL("/channels/webchat/brands", server)).then((answer) => answer.json()).then((brands) => view.brand(brands[brand])).catch(() => {});
    }
  }
  if (document.body) begin();
  else document.addEventListener("DOMContentLoaded", begin);
})();
