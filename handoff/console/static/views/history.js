import { html, useEffect, useLayoutEffect, useRef, useState } from "../view.js";
import { look } from "../desk.js";
import { day } from "../format.js";
import { t } from "../i18n.js";
import { Icon } from "../icons.js";
import { useStore } from "../store.js";
import { underWay } from "../verbs.js";
import { Message, Pending } from "./message.js";

const NEAR = 80; // px from the end that still count as reading the end
const NONE = [];

const dayOf = (message) => new Date(message.at).toDateString();

function pieces(messages) {
  let before = null;
  return messages.flatMap((message) => {
    const newDay = !before || dayOf(before) !== dayOf(message);
    const first = newDay || before.author !== message.author || before.agent?.id !== message.agent?.id;
    before = message;
    const piece = html`<${Message} key=${message.id} message=${message} first=${first} />`;
    return newDay ? [html`<div class="day" key=${`day-${message.id}`}><span>${day(message.at)}</span></div>`, piece] : [piece];
  });
}

/** All messages. It follows the end while the end is being read; otherwise a pill tells of what is new below. */
export function History() {
  const messages = useStore((state) => state.open?.messages ?? NONE);
  const waiting = useStore((state) => JSON.stringify(underWay(state)));
  const pending = JSON.parse(waiting);
  const box = useRef(null);
  const atEnd = useRef(true);
  const [below, setBelow] = useState(false);
  const lastId = messages.at(-1)?.id;

  const toEnd = () => {
    box.current.scrollTop = box.current.scrollHeight;
    setBelow(false);
  };
  useLayoutEffect(() => {
    if (atEnd.current || pending.length > 0) toEnd();
    else setBelow(true);
  }, [lastId, pending.length]);
  useEffect(() => {
    // The window's size, the reply box and late fonts all move the end.
    const observer = new ResizeObserver(() => atEnd.current && toEnd());
    observer.observe(box.current);
    document.addEventListener("visibilitychange", look);
    return () => {
      observer.disconnect();
      document.removeEventListener("visibilitychange", look);
    };
  }, []);
  const onScroll = () => {
    const { scrollHeight, scrollTop, clientHeight } = box.current;
    atEnd.current = scrollHeight - scrollTop - clientHeight < NEAR;
    if (atEnd.current) setBelow(false);
  };

  return html`
    <div class="history-box">
      <div class="history" ref=${box} onScroll=${onScroll} role="log" aria-live="polite" aria-label=${t("conversation.history")} tabindex="0">
        ${pieces(messages)}
        ${pending.map((message) => html`<${Pending} key=${message.key} message=${message} />`)}
      </div>
      ${below && html`<button class="new-pill" onClick=${toEnd}><${Icon} name="down" size=${15} />${t("conversation.new_below")}</button>`}
    </div>`;
}
