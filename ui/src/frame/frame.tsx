/** What surrounds every page: navigation, the bar above, the key map, toasts. */
import { lazy, Suspense, useEffect, useRef, useState, type ReactNode } from "react";
import { useLocation, useSearchParams } from "wouter";
import { ActionIcon } from "@mantine/core";
import IconMenu2 from "@tabler/icons-react/dist/esm/icons/IconMenu2.mjs";
import IconSearch from "@tabler/icons-react/dist/esm/icons/IconSearch.mjs";
import { useSession } from "../api/gateway";
import { useLive } from "../api/live";
import { useRights } from "../api/rights";
import { useIsAsked } from "../api/step_up";
import { ago } from "../format/time";
import { Trouble } from "../parts/page";
import { Boundary } from "./boundary";
import { Menus } from "./buttons";
import { Navigation, PLACES } from "./navigation";
import { rangeSearch } from "./range";
import { useReturnedFocus } from "./returned_focus";
import { Toasts } from "./toasts";

const Palette = lazy(() => import("./palette"));
const KeyMap = lazy(() => import("./keymap"));
const StepUp = lazy(() => import("./step_up"));
const isMac = /Mac|iPhone|iPad/.test(navigator.userAgent);

export function Frame({ children }: { children: ReactNode }) {
  const [path, go] = useLocation();
  const [params] = useSearchParams();
  const [isNavOpen, setNavOpen] = useState(false);
  const [overlay, setOverlay] = useState<"search" | "keys" | null>(null);
  const main = useRef<HTMLElement>(null);
  const session = useSession();
  const { may } = useRights();
  const isAsked = useIsAsked();
  useReturnedFocus();
  useKeys((place) => go(place + rangeSearch(params)), setOverlay);

  const mustAddFactor = session.data?.needs_second_factor === true && path !== "/account";
  useEffect(() => {
    if (mustAddFactor) go("/account", { replace: true });
  }, [mustAddFactor]);

  const first = useRef(true);
  useEffect(() => {
    setNavOpen(false);
    if (first.current) {
      first.current = false;
      return;
    }
    window.scrollTo(0, 0);
    main.current?.focus({ preventScroll: true });
  }, [path]);

  return (
    <div className="frame">
      <a className="skip" href="#main">Skip to content</a>
      <Navigation isOpen={isNavOpen} close={() => setNavOpen(false)} />
      <button type="button" className="nav-shade" data-open={isNavOpen} aria-label="Close the navigation" onClick={() => setNavOpen(false)} tabIndex={-1} />
      <div style={{ minWidth: 0 }}>
        <section className="bar" aria-label="Tools">
          <ActionIcon className="nav-open" size="lg" aria-label="Open the navigation" aria-expanded={isNavOpen} aria-controls="navigation" onClick={() => setNavOpen(!isNavOpen)}>
            <IconMenu2 size={19} />
          </ActionIcon>
          <button type="button" className="bar-search" onClick={() => setOverlay("search")} aria-label="Search pages, tokens, models and calls">
            <IconSearch size={15} /><span>Search or paste a token</span><kbd>{isMac ? "⌘" : "Ctrl"} K</kbd>
          </button>
          <div className="bar-right">
            {may("calls.read") && <LiveBadge />}
            <Menus session={session.data} showKeys={() => setOverlay("keys")} />
          </div>
        </section>
        <main className="main" id="main" ref={main} tabIndex={-1}>
          {session.error ? <Trouble error={session.error} retry={() => void session.refetch()} /> : session.data ? children : null}
        </main>
      </div>
      <Boundary>
        <Suspense>
          {overlay === "search" && <Palette close={() => setOverlay(null)} />}
          {overlay === "keys" && <KeyMap close={() => setOverlay(null)} />}
          {isAsked && <StepUp />}
        </Suspense>
      </Boundary>
      <Toasts />
    </div>
  );
}

function LiveBadge() {
  const { status, since } = useLive();
  const words = { live: "Live", stale: "Stale: reconnecting", connecting: "Connecting" }[status];
  return (
    <span className="live" data-state={status} role="status" title={status === "live" ? `Connected ${ago(since)}` : "Figures may be old until the live connection is back"}>
      <span className={status === "stale" ? "" : "live-words"}>{words}</span>
    </span>
  );
}

/** Ctrl-K and / search, ? shows the key map, g then a letter goes to a page, n makes a token. */
function useKeys(go: (href: string) => void, show: (overlay: "search" | "keys" | null) => void): void {
  const latest = useRef({ go, show });
  latest.current = { go, show };
  useEffect(() => {
    let wasG = 0;
    const press = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        latest.current.show("search");
        return;
      }
      const target = event.target as HTMLElement;
      if (event.ctrlKey || event.metaKey || event.altKey || target.closest("input, textarea, select, [contenteditable], [role=dialog]")) return;
      const place = Date.now() - wasG < 1500 ? PLACES.find((entry) => entry.key === event.key) : undefined;
      wasG = event.key === "g" ? Date.now() : 0;
      if (place) latest.current.go(place.href);
      else if (event.key === "?") latest.current.show("keys");
      else if (event.key === "n") latest.current.go("/tokens/new");
      else if (event.key === "/") {
        event.preventDefault();
        latest.current.show("search");
      }
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, []);
}
