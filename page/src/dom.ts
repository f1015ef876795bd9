// SPDX-License-Identifier: MIT
// Elements out of plain values. Text only ever becomes a text node, so that a label cannot be markup.
import { exact, grouped, rounded, shortAddress } from "./format";
import { explain } from "./glossary";

export type Child = Node | string | number | null | undefined | false;
type Value = string | number | boolean | undefined | ((event: Event) => void);

/** An element; attributes that are false or undefined are left out, functions are listeners. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, Value> | null = null,
  ...children: (Child | Child[])[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (typeof value === "function") element.addEventListener(name.replace(/^on/, ""), value);
    else if (value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children.flat()) {
    if (child !== null && child !== undefined && child !== false) element.append(typeof child === "number" ? String(child) : child);
  }
  return element;
}

/** What somebody else wrote: set apart, so that its direction does not spill over, and cut where it is too long. */
export function foreign(text: string): HTMLElement {
  const plain = text.replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\u2028\u2029]/gu, "\uFFFD");
  const shown = plain.length > 64 ? `${plain.slice(0, 63)}…` : plain;
  return h("bdi", { class: "foreign", title: plain.slice(0, 500) }, shown);
}

/** An amount of NMR, rounded; the exact one on hover, and for screen readers. */
export function amount(wei: bigint, places = 2): HTMLElement {
  return number(rounded(wei, 18, places), `${exact(wei, 18)} NMR`, wei < 0n);
}

export function signed(wei: bigint, places = 4): HTMLElement {
  const shown = rounded(wei, 18, places);
  return number(wei > 0n ? `+${shown}` : shown, `${exact(wei, 18)} NMR`, wei < 0n, wei > 0n);
}

export function count(value: number | bigint): string {
  return grouped(value);
}

/** An address in short; all of it on hover, and for screen readers. */
export function address(whole: string): HTMLElement {
  return h("data", { value: whole, title: whole }, shortAddress(whole));
}

export function ownerLink(whole: string): HTMLElement {
  return h("a", { href: `#/owner/${whole}`, title: whole }, shortAddress(whole));
}

/** Words of a figure with more of it on hover, and for screen readers. */
export function titled(shown: string, whole: string): HTMLElement {
  return number(shown, whole, false);
}

function number(shown: string, whole: string, loss: boolean, gain = false): HTMLElement {
  return h("data", { value: whole, title: whole, class: loss ? "loss" : gain ? "gain" : undefined }, shown);
}

let terms = 0;
let tables = 0;

/** A word that is explained on hover and on focus. */
export function term(word: string, entry = word): HTMLElement {
  const text = explain(entry);
  if (!text) return h("span", null, word);
  const id = `term-${++terms}`;
  const tip = h("span", { role: "tooltip", id }, text);
  // Beside the word, wherever that is; in no table that would cut it off.
  const place = (): void => {
    const [at, { width, height }] = [link.getBoundingClientRect(), tip.getBoundingClientRect()];
    tip.style.left = `${Math.max(8, Math.min(at.left, innerWidth - width - 8))}px`;
    tip.style.top = `${at.bottom + height > innerHeight && at.top > height ? at.top - height : at.bottom}px`;
  };
  const link = h("a", { class: "term", href: `#/glossary/${encodeURIComponent(entry)}`, "aria-describedby": id, onmouseenter: place, onfocus: place }, word, tip);
  return link;
}

export interface Column<Row> {
  title: string | HTMLElement;
  cell: (row: Row) => Child;
  left?: boolean;
}

/** A table that scrolls in itself where the screen is narrow. */
export function table<Row>(caption: string, columns: Column<Row>[], rows: readonly Row[]): HTMLElement {
  if (!rows.length) return h("p", { class: "empty" }, `${caption}: none.`);
  const head = h("tr", null, columns.map((each) => h("th", { scope: "col", class: each.left ? "left" : undefined }, each.title)));
  const body = rows.map((row) =>
    h("tr", null, columns.map((each) => h("td", { class: each.left ? "left" : undefined }, each.cell(row)))),
  );
  const id = `table-${++tables}`;
  // Not within the table, which may be wider than the screen.
  return h("div", null,
    h("p", { class: "caption", id }, caption),
    h("div", { class: "scroll", tabindex: 0, role: "region", "aria-labelledby": id },
      h("table", { "aria-labelledby": id }, h("thead", null, head), h("tbody", null, body))));
}

/** Names and values. */
export function facts(rows: [string | HTMLElement, Child | Child[]][]): HTMLElement {
  return h("dl", { class: "facts" }, rows.map(([name, value]) => h("div", null, h("dt", null, name), h("dd", null, value))));
}

export function section(title: string, ...children: (Child | Child[])[]): HTMLElement {
  return h("section", null, h("h2", null, title), ...children);
}
