// The one place that knows which library draws the pages (scripts/frontend puts it into vendor/).
export {
  html,
  render,
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "./vendor/htm-preact.js";
