// SPDX-License-Identifier: MIT
// The words of docs/glossary.md.
import source from "../../docs/glossary.md?raw";

export const glossary: ReadonlyMap<string, string> = new Map(
  source
    .split(/^### /m)
    .slice(1)
    .map((entry) => {
      const [word, ...lines] = entry.split("\n");
      return [word!.trim(), plain(lines.join(" "))] as const;
    }),
);

const lower = new Map([...glossary].map(([word, text]) => [word.toLowerCase(), text]));

/** What a word means; undefined for one that the glossary does not have. */
export function explain(word: string): string | undefined {
  return lower.get(word.toLowerCase());
}

function plain(markdown: string): string {
  return markdown
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/[*`]/g, "")
    .replace(/\s+/g, " ")
    .trim();
}
