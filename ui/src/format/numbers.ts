/** Numbers in the reader's locale. Money comes as an exact decimal string; `null` is "unpriced", which is not zero. */

const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const one = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
const two = new Intl.NumberFormat(undefined, { maximumFractionDigits: 2 });
const short = new Intl.NumberFormat(undefined, { notation: "compact", maximumSignificantDigits: 3 });

export const NOTHING = "–";

export function count(value: number | null | undefined): string {
  if (value == null) return NOTHING;
  return Math.abs(value) < 100_000 ? whole.format(value) : short.format(value);
}

export function exact(value: number): string {
  return whole.format(value);
}

export function rate(value: number | null | undefined): string {
  if (value == null) return NOTHING;
  if (value === 0) return "0";
  return value < 0.01 ? "<" + two.format(0.01) : value < 10 ? two.format(value) : count(value);
}

export function percent(value: number | null | undefined): string {
  if (value == null || !Number.isFinite(value)) return NOTHING;
  return value > 0 && value < 0.1 ? `<${one.format(0.1)} %` : `${value < 10 ? one.format(value) : whole.format(value)} %`;
}

/** Milliseconds, in the unit that reads best. */
export function duration(ms: number | null | undefined): string {
  if (ms == null) return NOTHING;
  if (ms === 0) return "0 ms";
  if (ms < 1) return `${two.format(ms)} ms`;
  if (ms < 10) return `${one.format(ms)} ms`;
  if (ms < 1000) return `${whole.format(ms)} ms`;
  if (ms < 60_000) return `${two.format(ms / 1000)} s`;
  return `${one.format(ms / 60_000)} min`;
}

/** A length of time such as a limit's window, in words. */
export function span(seconds: number): string {
  const units: [number, string][] = [[86_400, "day"], [3600, "hour"], [60, "minute"], [1, "second"]];
  for (const [size, name] of units) {
    if (seconds >= size && seconds % size === 0) {
      const amount = seconds / size;
      return amount === 1 ? name : `${whole.format(amount)} ${name}s`;
    }
  }
  return `${one.format(seconds)} seconds`;
}

/** A length of time that stands alone: "1 day", where a limit says "per day". */
export const lengthOf = (seconds: number) => (/^\d/.test(span(seconds)) ? span(seconds) : `1 ${span(seconds)}`);

/** With as many digits for all amounts of a size, so that they stand below each other. */
export function money(value: string | number | null | undefined): string {
  if (value == null || value === "") return "unpriced";
  const digits = digitsOf(Number(value));
  return dollars(digits, digits).format(Number(value));
}

/** Without the zeros at its end: for the axis of a chart, and for amounts in a sentence. */
export const moneyShort = (value: string | number) => dollars(2, digitsOf(Number(value))).format(Number(value));

const digitsOf = (amount: number) => (amount === 0 || Math.abs(amount) >= 1 ? 2 : Math.abs(amount) >= 0.01 ? 4 : 6);
const dollars = (least: number, most: number) => new Intl.NumberFormat(undefined, { style: "currency", currency: "USD", minimumFractionDigits: least, maximumFractionDigits: most });

/** A foreseen amount: two figures are all that is known of it. */
export function roughly(value: number): string {
  if (value >= 10) return amount(value.toFixed(0));
  return new Intl.NumberFormat(undefined, { style: "currency", currency: "USD", maximumSignificantDigits: 2 }).format(value);
}

/** An amount that a person chose, such as a budget: without cents where there are none. */
export function amount(value: string | number): string {
  const number = Number(value);
  if (!Number.isInteger(number)) return moneyShort(value);
  return new Intl.NumberFormat(undefined, { style: "currency", currency: "USD", maximumFractionDigits: 0 }).format(number);
}

export function bytes(value: number | null | undefined): string {
  if (value == null) return NOTHING;
  if (value < 1000) return `${whole.format(value)} B`;
  if (value < 1_000_000) return `${one.format(value / 1000)} kB`;
  return `${one.format(value / 1_000_000)} MB`;
}

export function plural(amount: number, noun: string, several = `${noun}s`): string {
  return `${exact(amount)} ${amount === 1 ? noun : several}`;
}
