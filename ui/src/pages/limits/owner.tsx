/** The levels that have limits, and an owner of limits as a link to its page. */
import { Link } from "wouter";
import type { Level } from "../../api/limits";

export const LEVELS: { value: Level; label: string }[] = [
  { value: "global", label: "Installation" }, { value: "team", label: "Teams" }, { value: "user", label: "People" }, { value: "application", label: "Applications" }, { value: "token", label: "Tokens" },
  { value: "service", label: "Services" }, { value: "model", label: "Models" }, { value: "provider", label: "Providers" },
];
const NAMES: Record<Level, string> = { global: "installation", team: "team", user: "person", application: "application", token: "token", service: "service", model: "model", provider: "provider" };
const PATHS: Partial<Record<Level, string>> = { token: "tokens", application: "applications", team: "teams", user: "people", service: "services", provider: "providers" };

export function OwnerLink({ level, id, name }: { level: Level; id: string; name: string }) {
  const path = PATHS[level];
  if (level === "global") return <Link href="/limits?level=global" className="nowrap">the installation</Link>;
  return <span className="nowrap">{path ? <Link href={`/${path}/${id}`}>{name}</Link> : name} <span className="muted small">{NAMES[level]}</span></span>;
}
