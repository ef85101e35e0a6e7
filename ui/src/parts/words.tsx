/** Small pieces of text with a meaning: states, instants, ids, changes, copying. */
import { useEffect, useState, type ReactNode } from "react";
import { ActionIcon, Tooltip } from "@mantine/core";
import IconCheck from "@tabler/icons-react/dist/esm/icons/IconCheck.mjs";
import IconCopy from "@tabler/icons-react/dist/esm/icons/IconCopy.mjs";
import type { Call } from "../api/types";
import { percent } from "../format/numbers";
import * as time from "../format/time";

const GOOD = new Set(["active", "enabled", "ok", "live", "done"]);
const WARN = new Set(["disabled", "truncated", "disconnected", "limited", "expiring", "resting", "quarantined", "not_yet_valid"]);
const BAD = new Set(["revoked", "expired", "failed", "crashed", "refused", "failing"]);

/** A state in words; its colour repeats the word, never replaces it. */
export function State({ value, children }: { value: string; children?: ReactNode }) {
  const tone = GOOD.has(value) ? "state-ok" : WARN.has(value) ? "state-warn" : BAD.has(value) ? "state-bad" : "";
  return <span className={`state ${tone}`}><span>{children ?? (value.charAt(0).toUpperCase() + value.slice(1)).replaceAll("_", " ")}</span></span>;
}

export function Ago({ value, none = "never" }: { value: string | null | undefined; none?: string }) {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = window.setInterval(() => tick((n) => n + 1), 20_000);
    return () => window.clearInterval(timer);
  }, []);
  if (!value) return <span className="muted">{none}</span>;
  return <time dateTime={value} title={time.instant(value)} className="nowrap">{time.ago(value)}</time>;
}

export function When({ value, none = "–" }: { value: string | null | undefined; none?: string }) {
  if (!value) return <span className="muted">{none}</span>;
  return <time dateTime={value} title={time.instant(value)}>{time.dateMinute(value)}</time>;
}

/** Change against the period before. `lower` says which direction is good. */
export function Change({ now, before, goodWhen }: { now: number; before: number | undefined; goodWhen: "higher" | "lower" | "neither" }) {
  if (before === undefined) return <span />;
  if (before === 0) return <span title="There was none in the period before">{now === 0 ? "no change" : "new"}</span>;
  const change = ((now - before) / before) * 100;
  if (Math.abs(change) < 0.5) return <span>no change</span>;
  const isGood = goodWhen === "neither" ? null : change > 0 === (goodWhen === "higher");
  const tone = isGood === null ? "" : isGood ? "change-good" : "change-bad";
  return <span className={`change ${tone}`}>{change > 0 ? "↑" : "↓"} {Math.abs(change) > 999 ? ">999 %" : percent(Math.abs(change))}</span>;
}

export function StatusTag({ call }: { call: Pick<Call, "status" | "outcome"> }) {
  const { status, outcome } = call;
  const tone = outcome !== "ok" && outcome !== "refused" ? "tag-bad" : status >= 500 || status === 0 ? "tag-bad" : status >= 400 ? "tag-warn" : "tag-ok";
  return <span className={`tag ${tone}`}>{status || "no answer"}{outcome !== "ok" && outcome !== "refused" ? ` ${outcome}` : ""}</span>;
}

export function Copy({ text, label }: { text: string; label: string }) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    await toClipboard(text);
    setDone(true);
    window.setTimeout(() => setDone(false), 1600);
  };
  return (
    <Tooltip label={done ? "Copied" : label}>
      <ActionIcon onClick={() => void copy()} aria-label={label} size="sm">{done ? <IconCheck size={15} /> : <IconCopy size={15} />}</ActionIcon>
    </Tooltip>
  );
}

/** `navigator.clipboard` exists on HTTPS and localhost only; elsewhere the older way is left. */
async function toClipboard(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea");
  area.value = text;
  area.style.position = "fixed";
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

export function Code({ text, label }: { text: string; label: string }) {
  return (
    <div className="code">
      <pre tabIndex={0} role="region" aria-label={label}><code>{text}</code></pre>
      <span className="code-copy"><Copy text={text} label={`Copy ${label}`} /></span>
    </div>
  );
}
