// The live feed: a WebSocket that always continues from the last cursor it saw, so that nothing is missed.
// A lost connection is tried again after 0.5, 1, 2 ... 30 s, each shortened by a random part (so that a restarted
// server is not met by every console in the same moment); coming back online or to the tab tries at once.

const FIRST_WAIT = 500; // ms
const LONGEST_WAIT = 30_000; // ms
const LOGIN_ENDED = 4401; // the server's close code

export class Live {
  #cursor;
  #socket = null;
  #timer = null;
  #failures = 0;
  #stopped = false;
  #handlers;

  /** handlers: token() -> string, onChange(change), onState("online"|"connecting"), onDoubt() after repeated failures */
  constructor(cursor, handlers) {
    this.#cursor = cursor;
    this.#handlers = handlers;
    this.hurry = this.hurry.bind(this);
  }

  start() {
    window.addEventListener("online", this.hurry);
    document.addEventListener("visibilitychange", this.hurry);
    this.#connect();
  }

  stop() {
    this.#stopped = true;
    window.removeEventListener("online", this.hurry);
    document.removeEventListener("visibilitychange", this.hurry);
    clearTimeout(this.#timer);
    this.#socket?.close();
  }

  send(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  /** Tries now instead of waiting, if it is waiting and somebody is looking. */
  hurry() {
    if (document.hidden || this.#timer === null) return;
    clearTimeout(this.#timer);
    this.#connect();
  }

  #connect() {
    this.#timer = null;
    const address = new URL("/api/v1/live", location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    if (this.#cursor !== null && this.#cursor !== undefined) address.searchParams.set("cursor", this.#cursor);
    const socket = new WebSocket(address, ["okienko.bearer", `okienko.bearer.${this.#handlers.token()}`]);
    this.#socket = socket;
    socket.onopen = () => {
      this.#failures = 0;
      this.#handlers.onState("online");
    };
    socket.onmessage = (event) => {
      const change = JSON.parse(event.data);
      if (typeof change.cursor === "number") this.#cursor = change.cursor;
      this.#handlers.onChange(change);
    };
    socket.onclose = (event) => this.#again(socket, event.code);
  }

  #again(socket, code) {
    if (this.#stopped || socket !== this.#socket) return;
    this.#failures += 1;
    this.#handlers.onState("connecting");
    // A refused WebSocket does not say why: let an ordinary request find out whether the login has ended.
    if (code === LOGIN_ENDED || this.#failures % 3 === 2) this.#handlers.onDoubt();
    const longest = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** (this.#failures - 1));
    this.#timer = setTimeout(() => this.#connect(), longest * (0.5 + Math.random() / 2));
  }
}
