/** Rights in words: one line a part, nothing for a part that says nothing. */
import type { ReactNode } from "react";
import type { GatewayRights } from "../api/gateway_rights";

type Lists = { allow: string[] | null; deny: string[] };

const SCOPES: Record<string, string> = { generate: "generate text", embed: "make embeddings", count: "count tokens", models: "list models", services: "call services", responses: "read kept responses" };

export function partsOf(rights: GatewayRights, nameOf: (service: string) => string = (id) => id): { name: string; value: ReactNode }[] {
  const { scopes, networks, hours, parameters } = rights;
  const found: { name: string; value: ReactNode }[] = [];
  if (scopes) found.push({ name: "May", value: scopes.length ? scopes.map((scope) => SCOPES[scope] ?? scope).join(", ") : "do nothing" });
  const watching = networks.mode === "watch" ? " (watched only: nobody is refused)" : "";
  const lists: [string, Lists, string, (text: string) => string][] = [
    ["Models", rights.models, "", (text) => text],
    ["Services", rights.services, "", nameOf],
    ["Routes", rights.routes, "", (text) => text],
    ["Networks", networks, watching, (text) => text],
  ];
  for (const [name, { allow, deny }, note, show] of lists) {
    if (allow) found.push({ name, value: <>only {entries(allow, show)}{note}</> });
    if (deny.length) found.push({ name, value: <>not {entries(deny, show)}{note}</> });
  }
  if (hours.windows) found.push({ name: "Hours", value: hours.windows.length ? <>{hours.windows.map((one) => `${one.days.join(", ")} ${one.start}–${one.end}`).join("; ")} <span className="muted">({hours.zone})</span></> : "never" });
  const bounds = [
    parameters.output_tokens_max !== null && `at most ${parameters.output_tokens_max.toLocaleString()} output tokens`,
    parameters.no_tools && "no tools",
    parameters.no_images && "no pictures",
    parameters.streaming_only && "streamed answers only",
  ].filter(Boolean);
  if (bounds.length) found.push({ name: "Requests", value: bounds.join(", ") });
  return found;
}

function entries(texts: string[], show: (text: string) => string): ReactNode {
  return texts.length ? texts.map((text) => <code key={text} className="entry">{show(text)}</code>) : "none";
}

export function RightsWords({ rights, nameOf }: { rights: GatewayRights; nameOf?: (service: string) => string }) {
  const parts = partsOf(rights, nameOf);
  if (!parts.length) return <p className="muted">Nothing is restricted here.</p>;
  return (
    <dl className="facts">
      {parts.map((part, index) => [<dt key={`${index}n`}>{part.name}</dt>, <dd key={`${index}v`}>{part.value}</dd>])}
    </dl>
  );
}
