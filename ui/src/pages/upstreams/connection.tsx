/** How calls get to an upstream: deadlines, headers of its own, a private authority, an outgoing proxy. Folded away until needed. */
import { useState } from "react";
import { NumberInput, PasswordInput, Textarea, TextInput, Button } from "@mantine/core";
import type { Provider, ProviderInput } from "../../api/types";

type Timeouts = Provider["timeouts"];
type Stored = Pick<Provider, "timeouts" | "headers" | "ca_file" | "proxy_url" | "proxy_credential">;
type Wish = Pick<ProviderInput, "timeouts" | "headers" | "ca_file" | "proxy_url" | "proxy_credential">;

/** `headers` null: those that are stored stay, since their values are not shown; `proxyLogin` "" likewise. */
export type Connection = { timeouts: Timeouts; headers: string | null; caFile: string; proxyUrl: string; proxyLogin: string };

const DEFAULTS: Timeouts = { connect_seconds: 5, first_byte_seconds: 120, idle_seconds: 60, total_seconds: 3600 };
const DEADLINES: { name: keyof Timeouts; label: string; description: string }[] = [
  { name: "connect_seconds", label: "Connect, seconds", description: "Until the connection stands" },
  { name: "first_byte_seconds", label: "First byte, seconds", description: "Until the answer begins" },
  { name: "idle_seconds", label: "Idle, seconds", description: "Between two parts of an answer" },
  { name: "total_seconds", label: "In all, seconds", description: "Until the answer is complete" },
];

export function startConnection(stored?: Stored): Connection {
  return { timeouts: stored?.timeouts ?? DEFAULTS, headers: stored?.headers.length ? null : "", caFile: stored?.ca_file ?? "", proxyUrl: stored?.proxy_url ?? "", proxyLogin: "" };
}

/** What to send: of a change only what differs from what is stored. Throws nothing: bad lines are found by `badHeader`. */
export function connectionInput(wanted: Connection, stored?: Stored): Wish {
  const before = startConnection(stored);
  const wish: Wish = {};
  if (DEADLINES.some(({ name }) => wanted.timeouts[name] !== before.timeouts[name])) wish.timeouts = wanted.timeouts;
  if (wanted.headers !== null && wanted.headers !== before.headers) wish.headers = Object.fromEntries(lines(wanted.headers).map(split));
  if (wanted.caFile !== before.caFile) wish.ca_file = wanted.caFile || null;
  if (wanted.proxyUrl !== before.proxyUrl) wish.proxy_url = wanted.proxyUrl || null;
  if (wanted.proxyLogin) wish.proxy_credential = wanted.proxyLogin;
  return wish;
}

/** The first line that is no `Name: value`. */
export const badHeader = (text: string | null): string | undefined => lines(text ?? "").find((line) => !/^[^\s:]+\s*:/.test(line));

const lines = (text: string) => text.split("\n").map((line) => line.trim()).filter(Boolean);
const split = (line: string): [string, string] => [line.slice(0, line.indexOf(":")).trim(), line.slice(line.indexOf(":") + 1).trim()];

export function ConnectionFields({ value, onChange, stored, errors }: { value: Connection; onChange: (value: Connection) => void; stored?: Stored; errors: Record<string, string> }) {
  const isUsual = !stored || (Object.keys(connectionInput(startConnection(stored))).length === 0 && !stored.headers.length);
  const [isOpen, setOpen] = useState(!isUsual);
  const hasError = Object.keys(errors).some((key) => /^(timeouts|headers|ca_file|proxy_)/.test(key));
  const change = (part: Partial<Connection>) => onChange({ ...value, ...part });
  const wrong = badHeader(value.headers);
  return (
    <details className="more" open={isOpen || hasError} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Connection: deadlines, headers, private authority, proxy</summary>
      <div className="form">
        <div className="form-grid">
          {DEADLINES.map(({ name, label, description }) => (
            <NumberInput key={name} label={label} description={description} min={0.001} max={86_400} value={value.timeouts[name]} onChange={(seconds) => change({ timeouts: { ...value.timeouts, [name]: Number(seconds) || DEFAULTS[name] } })} error={errors[`timeouts/${name}`]} />
          ))}
        </div>
        {value.headers === null ? (
          <div className="form-row">
            <p className="grow">Sent with every call: {stored?.headers.map((name, at) => <span key={name}>{at > 0 && ", "}<code>{name}</code></span>)}. Their values are not shown.</p>
            <Button variant="default" onClick={() => change({ headers: "" })}>Replace them</Button>
          </div>
        ) : (
          <Textarea label="Headers" description="Sent with every call, one a line" placeholder="X-Team: search" autosize minRows={2} maxRows={8} value={value.headers} onChange={(event) => change({ headers: event.currentTarget.value })}
            error={errors.headers ?? Object.entries(errors).find(([key]) => key.startsWith("headers/"))?.[1] ?? (wrong && `“${wrong}” is not Name: value`)} />
        )}
        <TextInput label="Private authority" description="Path of a PEM file on the gateway's machine, for servers whose certificate no public authority signed" placeholder="/etc/tollway/ca.pem" value={value.caFile} onChange={(event) => change({ caFile: event.currentTarget.value.trim() })} error={errors.ca_file} />
        <div className="form-grid">
          <TextInput label="Outgoing proxy" description="Empty: calls go directly" placeholder="http://proxy.example:3128" value={value.proxyUrl} onChange={(event) => change({ proxyUrl: event.currentTarget.value.trim() })} error={errors.proxy_url} />
          <PasswordInput label="Its login" description={stored?.proxy_credential ? `One is stored (${stored.proxy_credential}); empty: leave it` : "user:password, or env:NAME, file:PATH"} value={value.proxyLogin} onChange={(event) => change({ proxyLogin: event.currentTarget.value })} error={errors.proxy_credential} autoComplete="off" />
        </div>
      </div>
    </details>
  );
}
