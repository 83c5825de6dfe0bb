// One soft note when somebody needs a person. Off unless the agent switches it on.
import { prefer } from "./preferences.js";

let context = null;
let last = 0;

/** Plays at most once in two seconds. */
export function chime() {
  if (!prefer().sound || Date.now() - last < 2000) return;
  last = Date.now();
  context ??= new AudioContext();
  const start = context.currentTime;
  const gain = context.createGain();
  gain.connect(context.destination);
  gain.gain.setValueAtTime(0, start);
  gain.gain.linearRampToValueAtTime(0.08, start + 0.02);
  gain.gain.exponentialRampToValueAtTime(0.0001, start + 0.6);
  for (const [frequency, delay] of [[659, 0], [880, 0.09]]) {
    const note = context.createOscillator();
    note.type = "sine";
    note.frequency.value = frequency;
    note.connect(gain);
    note.start(start + delay);
    note.stop(start + 0.65);
  }
}
