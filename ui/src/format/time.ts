/** Instants in the reader's locale and time zone. */

const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long" });
const clockFormat = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const minuteFormat = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const dayMinute = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const yearDayMinute = new Intl.DateTimeFormat(undefined, { year: "numeric", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const named = new Intl.DateTimeFormat(undefined, { timeZoneName: "short" });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto", style: "long" });

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export function zone(): string {
  const name = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const minutes = -new Date().getTimezoneOffset();
  const sign = minutes < 0 ? "−" : "+";
  const hours = Math.floor(Math.abs(minutes) / 60);
  const rest = Math.abs(minutes) % 60;
  return `${name} (UTC${sign}${hours}${rest ? `:${String(rest).padStart(2, "0")}` : ""})`;
}

/** The zone as clocks name it, such as UTC or GMT+2. */
export const zoneName = () => named.formatToParts(new Date()).find((part) => part.type === "timeZoneName")?.value ?? "UTC";

export const date = (instant: string | number) => day.format(new Date(instant));
export const instant = (value: string | number) => full.format(new Date(value));
export const clock = (value: string | number) => clockFormat.format(new Date(value));
export const hourMinute = (value: string | number) => minuteFormat.format(new Date(value));
/** With the year where it is not this one. */
export function dateMinute(value: string | number): string {
  const at = new Date(value);
  return (at.getFullYear() === new Date().getFullYear() ? dayMinute : yearDayMinute).format(at);
}

/** "3 minutes ago", "in 2 days". */
export function ago(value: string | number, now = Date.now()): string {
  const difference = new Date(value).getTime() - now;
  const size = Math.abs(difference);
  if (size < 5000) return "now";
  if (size < MINUTE) return relative.format(Math.round(difference / 1000), "second");
  if (size < HOUR) return relative.format(Math.round(difference / MINUTE), "minute");
  if (size < DAY) return relative.format(Math.round(difference / HOUR), "hour");
  if (size < 60 * DAY) return relative.format(Math.round(difference / DAY), "day");
  if (size < 700 * DAY) return relative.format(Math.round(difference / (30 * DAY)), "month");
  return relative.format(Math.round(difference / (365 * DAY)), "year");
}

/** Seconds left as "4 m 12 s". */
export function countdown(seconds: number): string {
  const left = Math.max(0, Math.ceil(seconds));
  if (left < 60) return `${left} s`;
  if (left < 3600) return `${Math.floor(left / 60)} m ${left % 60} s`;
  if (left < 86_400) return `${Math.floor(left / 3600)} h ${Math.floor((left % 3600) / 60)} m`;
  return `${Math.floor(left / 86_400)} d ${Math.floor((left % 86_400) / 3600)} h`;
}
