import { html, type TemplateResult } from "lit-html";
import type { RingPhone, RingRow } from "../../../../functions/src/console/wire.ts";
import { hrefTo } from "../../state/route.ts";
import { viewBadge, type Tone } from "../../view/badge.ts";
import { formatSpan, viewTime } from "../../view/format.ts";
import type { Column } from "../../view/table.ts";
import type { ViewContext } from "../../view/view-context.ts";

/** How a ring ended, as its badge: what to look into is red. */
export function viewOutcome({ t }: ViewContext, { status, reason, isOpen }: RingRow): TemplateResult {
  const text = reason === undefined ? t.statuses[status] : t.ends[reason];
  if (status === "answered" || reason === "answered" || reason === "answered_elsewhere") return viewBadge("good", text);
  if (isOpen) return viewBadge("waiting", text);
  const isBad = status === "failed" || reason === "missed" || reason === "failed";
  return viewBadge(isBad ? "bad" : "idle", text);
}

const tones: Readonly<Record<RingPhone["state"], Tone>> = {
  failed: "bad",
  accepted: "waiting",
  received: "waiting",
  ready: "good",
  answered: "good",
  declined: "idle",
  ended: "idle",
};

/** The state of one phone of a ring. */
export function viewPhoneState({ t }: ViewContext, { state }: RingPhone): TemplateResult {
  return viewBadge(tones[state], t.phoneStates[state]);
}

/** The columns of a list of rings; the first leads to the verdict. */
export function ringColumns(context: ViewContext): readonly Column<RingRow>[] {
  const { t } = context;
  return [
    {
      name: t.ring.time,
      cell: ({ callId, announcedAt }) =>
        html`<a href=${hrefTo("calls", [callId])}>${viewTime(context, announcedAt)}</a>`,
    },
    { name: t.ring.exten, cell: ({ exten }) => html`<bdi>${exten}</bdi>` },
    { name: t.ring.pbx, cell: ({ pbxId }) => html`<bdi>${pbxId}</bdi>` },
    { name: t.ring.outcome, cell: (row) => viewOutcome(context, row) },
    { name: t.ring.phones, cell: ({ phones }) => describePhones(context, phones) },
    {
      name: t.ring.ready,
      cell: ({ readyMs }) => (readyMs === undefined ? "–" : formatSpan(context, readyMs)),
      isNumeric: true,
    },
  ];
}

function describePhones(context: ViewContext, phones: readonly RingPhone[]): TemplateResult | string {
  if (phones.length === 0) return context.t.ring.noPhone;
  return html`<span class="badges">${phones.map((phone) => viewPhoneState(context, phone))}</span>`;
}
