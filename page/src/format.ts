// SPDX-License-Identifier: MIT
// Numbers and times as people read them. Money is a bigint of wei; only what is drawn or sorted is a float.

export const GWEI = 10n ** 9n;
export const NMR = 10n ** 18n;

/** An integer with thousands separators. */
export function grouped(value: bigint | number): string {
  return value.toString().replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}

/** An integer with so many decimals, exact, without zeros at the end. */
export function exact(value: bigint, decimals: number): string {
  const [whole, part] = split(value, decimals);
  const shown = part.replace(/0+$/, "");
  return `${value < 0n ? "−" : ""}${grouped(BigInt(whole))}${shown ? `.${shown}` : ""}`;
}

/** Dollars, exact, with two decimals at least. */
export function money(value: bigint, decimals: number): string {
  const cents = decimals < 2 ? value * 10n ** BigInt(2 - decimals) : value;
  const shown = exact(cents, Math.max(decimals, 2));
  const places = shown.includes(".") ? shown.length - shown.indexOf(".") - 1 : 0;
  return `$${places ? shown : `${shown}.`}${"0".repeat(Math.max(0, 2 - places))}`;
}

/** The same as `exact` with so many decimals shown, rounded toward zero. */
export function rounded(value: bigint, decimals: number, places: number): string {
  const [whole, part] = split(value, decimals);
  const shown = places ? `.${part.slice(0, places).padEnd(places, "0")}` : "";
  const zero = /^0*$/.test(whole + part.slice(0, places));
  return `${value < 0n && !zero ? "−" : ""}${grouped(BigInt(whole))}${shown}`;
}

/** Wei of what somebody typed as NMR, such as 12.5; undefined where it is no amount that the ledger takes. */
export function parseNmr(text: string): bigint | undefined {
  const gwei = parseDecimal(text, 9);
  return gwei === undefined || gwei >= 10n ** 17n ? undefined : gwei * GWEI;
}

/** A typed number that is not negative, times 10**places; undefined where it is none, or has more places. */
export function parseDecimal(text: string, places: number): bigint | undefined {
  const [, whole, part = ""] = /^(\d{1,18})(?:\.(\d+))?$/.exec(text.trim().replaceAll(",", "")) ?? [];
  return whole === undefined || part.length > places ? undefined : BigInt(whole + part.padEnd(places, "0"));
}

export function toFloat(value: bigint, decimals: number): number {
  return Number(value) / 10 ** decimals;
}

export function score(value: number | bigint, places = 4): string {
  const shown = (Number(value) / 1e8).toFixed(places);
  return shown.replace("-", "−");
}

export function percent(value: number, places = 2): string {
  return Number.isFinite(value) ? `${(100 * value).toFixed(places).replace("-", "−")} %` : "";
}

export function moment(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

/** A duration by its two largest units, such as 3 d 4 h. */
export function duration(seconds: number): string {
  const units: [string, number][] = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
  let left = Math.max(0, Math.round(seconds));
  const parts: string[] = [];
  for (const [name, length] of units) {
    const count = Math.floor(left / length);
    left -= count * length;
    if (count || (parts.length && parts.length < 2) || (name === "s" && !parts.length)) parts.push(`${count} ${name}`);
    if (parts.length === 2) break;
  }
  return parts.join(" ").replace(/ 0 \w+$/, "");
}

export function shortAddress(address: string): string {
  return `${address.slice(0, 6)}…${address.slice(-4)}`;
}

function split(value: bigint, decimals: number): [string, string] {
  const digits = (value < 0n ? -value : value).toString().padStart(decimals + 1, "0");
  return [digits.slice(0, digits.length - decimals), digits.slice(digits.length - decimals)];
}
