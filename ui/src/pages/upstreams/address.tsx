/** Parts that the forms of providers and services share: private addresses, and what a URL means. */
import { Select, Textarea } from "@mantine/core";

export type Private = boolean | string[];

/** May calls go to addresses of this machine or a private network? No, yes, or only to blocks named. */
export function PrivateField({ value, onChange, error }: { value: Private; onChange: (value: Private) => void; error?: string }) {
  const kind = Array.isArray(value) ? "some" : value ? "yes" : "no";
  return (
    <div className="stack-small">
      <Select label="Private addresses" description="By default calls may not go to this machine or a private network" allowDeselect={false} value={kind} error={Array.isArray(value) ? undefined : error}
        onChange={(chosen) => onChange(chosen === "some" ? [] : chosen === "yes")} data={[{ value: "no", label: "Not allowed" }, { value: "yes", label: "Allowed" }, { value: "some", label: "Only these networks" }]} />
      {Array.isArray(value) && <Textarea label="Networks" placeholder="10.20.0.0/24" description="CIDR blocks, one a line" autosize={false} rows={2} value={value.join("\n")} onChange={(event) => onChange(event.currentTarget.value.split(/[\s,]+/))} error={error} />}
    </div>
  );
}

export const cleaned = (value: Private): Private => (Array.isArray(value) ? value.filter(Boolean) : value);

export function privateInWords(value: Private): string {
  if (Array.isArray(value)) return value.length ? `only ${value.join(", ")}` : "not allowed";
  return value ? "allowed" : "not allowed";
}

/** The whole of a base URL's host, to warn before keys are cleared. */
export function hostOf(url: string): string {
  try {
    return new URL(url).host;
  } catch {
    return "";
  }
}
