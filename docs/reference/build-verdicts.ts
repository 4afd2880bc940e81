import type { Finding, Row } from "../../functions/src/rings/verdict/finding.ts";
import {
  explainRing,
  explainMissing,
  phoneTable,
  ringTable,
  missingTable,
} from "../../functions/src/rings/verdict/verdict.ts";
import { phoneExamples, ringExamples, missingExamples } from "./verdict-examples.ts";

const opening = `# Verdicts: why a phone did not ring

\`npm run docs\` generates this page from the code in \`functions/src/rings/verdict/\`, with the sentences that it writes for an example of each cause.

"Why did my phone not ring at 14:03?" A verdict names one cause for each phone of a ring: a sentence to read out and what to do, in Korean and English. It is made from
[the record of the ring](rings.md#what-a-verdict-is-made-of) alone, so it is the same a month later, when the phone may be forgotten. A verdict names no caller.

The causes are tried from top to bottom, and the first whose evidence is there is the verdict. What a service or a phone has said stands before what is only likely.
A verdict also has the milliseconds since the announcement at which the push was accepted, the phone reported, and the ring was over.
`;

const sections = [
  ["A phone of the ring", phoneTable, explainExamples()],
  ["A ring without a phone", ringTable, mapValues(ringExamples, (question) => explainRing(question).ring)],
  ["A call without a ring", missingTable, mapValues(missingExamples, explainMissing)],
] as const;

/** Builds the page on verdicts in Markdown. */
export function buildVerdicts(): string {
  const parts = sections.map(([title, table, findings]) => {
    const rows: readonly Pick<Row<never, string>, "cause" | "evidence">[] = table;
    return `## ${title}\n\n${rows.map((row) => describe(row, findings[row.cause])).join("\n")}`;
  });
  return [opening, ...parts].join("\n");
}

function explainExamples(): Record<string, Finding<string> | undefined> {
  return mapValues(phoneExamples, (question) => explainRing(question).phones[0]);
}

function mapValues<T>(
  examples: Readonly<Record<string, T>>,
  explain: (question: T) => Finding<string> | undefined,
): Record<string, Finding<string> | undefined> {
  return Object.fromEntries(Object.entries(examples).map(([cause, question]) => [cause, explain(question)]));
}

function describe(
  { cause, evidence }: Pick<Row<never, string>, "cause" | "evidence">,
  finding: Finding<string> | undefined,
): string {
  if (finding?.cause !== cause) throw new Error(`The example of ${cause} shows ${finding?.cause ?? "nothing"}`);
  const { says, todo } = finding;
  return `### \`${cause}\`

${evidence[0]?.toUpperCase()}${evidence.slice(1)}.

> ${says.en}
> **${todo.en}**
>
> ${says.ko}
> **${todo.ko}**
`;
}
