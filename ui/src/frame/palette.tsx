/** Ctrl-K: pages, tokens (by name, id or a pasted secret), applications, services, models, providers, calls by request id.

A pasted secret never leaves the browser: only the public id inside it (characters 4 to 16) is looked up. */
import { useEffect, useRef, useState } from "react";
import { useLocation, useSearchParams } from "wouter";
import { Modal } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useRights } from "../api/rights";
import { useFound, type Found } from "../api/search";
import { usePlaces } from "./navigation";
import { rangeSearch } from "./range";

const SECRET = /^tw[a-z]_([0-9A-Za-z]{12})[0-9A-Za-z]*…?$/;
const REQUEST = /^req_[0-9A-Za-z]{8,}$/;

export default function Palette({ close }: { close: () => void }) {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const [, go] = useLocation();
  const [params] = useSearchParams();
  const list = useRef<HTMLDivElement>(null);
  const { hits, isLooking } = useHits(text.trim());
  const open = (hit: Found | undefined) => {
    if (!hit) return;
    close();
    go(hit.href + (hit.href.includes("?") ? "" : rangeSearch(params)));
  };
  useEffect(() => setAt(0), [text]);
  useEffect(() => list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" }), [at]);
  const press = (event: React.KeyboardEvent) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      setAt((before) => (before + step + hits.length) % Math.max(1, hits.length));
    } else if (event.key === "Enter") {
      event.preventDefault();
      open(hits[at]);
    }
  };
  return (
    <Modal.Root opened onClose={close} lockScroll={false} padding={0} size={560} yOffset="12vh">
      <Modal.Overlay backgroundOpacity={0.4} />
      <Modal.Content aria-label="Search">
      <input
        className="palette-input" data-autofocus value={text} onChange={(event) => setText(mask(event.currentTarget.value))} onKeyDown={press}
        placeholder="Page, token, model, service, req_…" role="combobox" aria-label="Search" aria-expanded="true" aria-controls="palette-hits" aria-activedescendant={hits.length ? `hit-${at}` : undefined} autoComplete="off" spellCheck={false}
      />
      <div className="palette-list" ref={list} id="palette-hits" role="listbox" aria-label="Results">
        {hits.map((hit, index) => (
          <div key={hit.href + index} id={`hit-${index}`} role="option" aria-selected={index === at} className="palette-item" onClick={() => open(hit)} onMouseMove={() => setAt(index)}>
            <span className="clip">{hit.label}</span><small className="clip">{hit.hint}</small>
          </div>
        ))}
        {!hits.length && <div className="palette-item" role="option" aria-selected="false" aria-disabled="true"><span className="muted">{isLooking ? "Looking…" : "Nothing found for this. A call is found by its whole request id."}</span></div>}
      </div>
      </Modal.Content>
    </Modal.Root>
  );
}

/** Cut a pasted secret down to its public part at once, so that it is never kept, shown or sent. */
function mask(value: string): string {
  const match = SECRET.exec(value.trim());
  return match && value.trim().length > 16 ? `${value.trim().slice(0, 16)}…` : value;
}

/** Pages and acts are known here; everything else is asked for, once nothing was typed for a moment. */
function useHits(text: string): { hits: Found[]; isLooking: boolean } {
  const [asked] = useDebouncedValue(text, 150);
  const secret = SECRET.exec(text);
  const isRequest = REQUEST.test(text);
  const isWanted = !secret && !isRequest && text.length > 1;
  const { found, isLooking } = useFound(asked, isWanted && asked.length > 1 && !SECRET.test(asked));
  const places = usePlaces();
  const { may } = useRights();
  const words = text.toLowerCase();
  const fits = (name: string) => name.toLowerCase().includes(words);
  const acts = [may("tokens.write") && { label: "New token", href: "/tokens/new" }, may("providers.write") && { label: "Add provider", href: "/providers/new" }, may("services.write") && { label: "Add service", href: "/services/new" }].filter((act) => act !== false);
  const hits: Found[] = [
    ...(secret ? [{ group: "Tokens", label: `Token ${text.slice(0, 16)}…`, hint: "token page", href: `/tokens/${secret[1]}` }] : []),
    ...(isRequest ? [{ group: "Calls", label: text, hint: "call", href: `/calls/${text}` }] : []),
    ...places.filter((place) => fits(place.label)).map((place) => ({ group: "Pages", label: place.label, hint: `g ${place.key}`, href: place.href })),
    ...acts.filter((act) => fits(act.label)).map((act) => ({ group: "Acts", hint: "act", ...act })),
    ...(isWanted ? found : []),
  ];
  return { hits, isLooking: isLooking || (isWanted && asked !== text) };
}
