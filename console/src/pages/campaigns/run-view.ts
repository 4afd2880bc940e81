import { html, nothing, type TemplateResult } from "lit-html";
import type { RunRow } from "../../../../functions/src/console/wire.ts";
import { viewBadge, type Tone } from "../../view/badge.ts";
import { viewErrorCounts } from "../../view/error-counts.ts";
import { formatCount, formatShare, viewTime } from "../../view/format.ts";
import type { ViewContext } from "../../view/view-context.ts";

const tones: Readonly<Record<RunRow["state"], Tone>> = { publishing: "waiting", sending: "waiting", done: "good" };

/** A run: how far it has come, and what became of its pushes. */
export function viewRun(context: ViewContext, run: RunRow): TemplateResult {
  const { t } = context;
  const { runId, campaign, state, shards, shardsDone, counts, errors, scheduledAt, finishedAt } = run;
  const results = (["accepted", "unregistered", "failed", "skipped"] as const).map(
    (name) => `${t.campaigns.results[name]} ${formatCount(context, counts[name])}`,
  );
  return html`<li data-run=${runId}>
    <div class="bar">
      <h3>${campaign}</h3>
      ${viewTime(context, scheduledAt, "minute")} ${viewBadge(tones[state], t.campaigns.states[state])}
    </div>
    <progress value=${shardsDone} max=${Math.max(1, shards)} aria-label=${t.campaigns.progress(campaign)}></progress>
    <p class="quiet">
      ${formatShare(context, shardsDone, shards)} · ${results.join(" · ")}
      ${finishedAt === undefined ? nothing : html`· ${t.campaigns.finished} ${viewTime(context, finishedAt, "minute")}`}
    </p>
    ${viewErrorCounts(context, errors)}
  </li>`;
}
