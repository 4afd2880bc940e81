import { html, type TemplateResult } from "lit-html";
import { viewChoice } from "../../view/field.ts";
import type { ViewContext } from "../../view/view-context.ts";
import { ranges, type Range } from "./range.ts";

/** What of the numbers is shown: a span, and one PBX or all. */
export interface Chosen {
  readonly range: Range;
  readonly pbxId: string | undefined;
}

/** The choice of a span and of one of these PBXs. */
export function viewChoices(
  { t }: ViewContext,
  pbxIds: readonly string[],
  chosen: Chosen,
  choose: (chosen: Chosen) => void,
): TemplateResult {
  return html`<div class="segments" role="group" aria-label=${t.overview.range}>
      ${ranges.map(
        (range) =>
          html`<button
            type="button"
            aria-pressed=${range === chosen.range ? "true" : "false"}
            @click=${() => choose({ ...chosen, range })}
          >
            ${t.overview.ranges[range]}
          </button>`,
      )}
    </div>
    ${viewChoice(
      {
        name: "pbx",
        label: t.ring.pbx,
        value: chosen.pbxId ?? "",
        options: [["", t.overview.allPbxs], ...pbxIds.map((id) => [id, id] as const)],
      },
      (pbxId) => choose({ ...chosen, pbxId: pbxId === "" ? undefined : pbxId }),
    )}`;
}
