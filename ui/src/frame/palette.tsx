/** Ctrl-K: pages, tokens (by name, id or a pasted secret), applications, services, models, providers, calls by request id.

A pasted secret never leaves the browser: only the public id inside it (characters 4 to 16) is looked up. */
import { useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { useQuery } from "@tanstack/react-query";
import { useLocation, useSearchParams } from "wouter";
import { Modal } from "@mantine/core";
import { useApplications } from "../api/applications";
import { findTokens } from "../api/tokens";
import { useUsers } from "../api/people";
import { useRights } from "../api/rights";
import { useModels, useProviders, useServices } from "../api/upstreams";
import { usePlaces } from "./navigation";
import { rangeSearch } from "./range";

type Hit = { group: string; label: ReactNode; hint: string; href: string };

const SECRET = /^tw[a-z]_([0-9A-Za-z]{12})[0-9A-Za-z]*…?$/;
const REQUEST = /^req_[0-9A-Za-z]{8,}$/;

export default function Palette({ close }: { close: () => void }) {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const [, go] = useLocation();
  const [params] = useSearchParams();
  const list = useRef<HTMLDivElement>(null);
  const hits = useHits(text.trim());
  const open = (hit: Hit | undefined) => {
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
        {!hits.length && <div className="palette-item" role="option" aria-selected="false" aria-disabled="true"><span className="muted">Nothing found for this. A call is found by its whole request id.</span></div>}
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

function useHits(text: string): Hit[] {
  const secret = SECRET.exec(text);
  const isRequest = REQUEST.test(text);
  const words = text.toLowerCase();
  const tokens = useQuery({ queryKey: ["tokens", "find", text], queryFn: () => findTokens(text), enabled: words.length > 1 && !secret && !isRequest });
  const places = usePlaces();
  const { may } = useRights();
  const people = useUsers({ search: text }, 5, words.length > 1 && !secret && !isRequest && may("users.read")).data?.pages[0]?.items;
  const applications = useApplications().data?.items;
  const services = useServices().data?.items;
  const models = useModels().data?.items;
  const providers = useProviders().data?.items;
  return useMemo(() => {
    const hits: Hit[] = [];
    if (secret) hits.push({ group: "Tokens", label: `Token ${text.slice(0, 16)}…`, hint: "token page", href: `/tokens/${secret[1]}` });
    if (isRequest) hits.push({ group: "Calls", label: text, hint: "call", href: `/calls/${text}` });
    const take = (group: string, hint: string, items: { name: string; href: string }[] | undefined) => {
      const found = (items ?? []).filter((item) => item.name.toLowerCase().includes(words)).slice(0, 5);
      hits.push(...found.map((item) => ({ group, label: item.name, hint, href: item.href })));
    };
    const acts = [may("tokens.write") && { name: "New token", href: "/tokens/new" }, may("providers.write") && { name: "Add provider", href: "/providers/new" }, may("services.write") && { name: "Add service", href: "/services/new" }].filter((act) => act !== false);
    hits.push(...places.filter((place) => place.label.toLowerCase().includes(words)).map((place) => ({ group: "Pages", label: place.label, hint: `g ${place.key}`, href: place.href })));
    take("Acts", "act", acts);
    if (!words) return hits;
    hits.push(...(tokens.data?.items ?? []).map((token) => ({ group: "Tokens", label: token.name, hint: token.masked, href: `/tokens/${token.id}` })));
    if (may("users.read")) hits.push(...(people ?? []).map((person) => ({ group: "People", label: person.name, hint: person.role_name, href: `/people/${person.id}` })));
    take("Applications", "application", applications?.map((item) => ({ name: item.name, href: `/applications/${item.id}` })));
    take("Services", "service", services?.map((item) => ({ name: item.name, href: `/services/${item.id}` })));
    take("Providers", "provider", providers?.map((item) => ({ name: item.name, href: `/providers/${item.id}` })));
    take("Models", "model", models?.map((item) => ({ name: item.name, href: `/models?search=${encodeURIComponent(item.name)}` })));
    return hits;
  }, [text, tokens.data, people, places.length, applications, services, models, providers]);
}
