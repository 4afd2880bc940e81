import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, describe, it } from "node:test";
import { buildRingId } from "../../functions/src/rings/ring.ts";
import { startFunctions } from "../support/functions.ts";
import { exten } from "../support/line.ts";
import { readDocumentedEvents } from "./documented-events.ts";
import { causeEvents, settings } from "./cause-events.ts";
import { readEntries } from "./logged-entry.ts";
import { extract, matchesFilter } from "./logging-filter.ts";
import { findMonitoringFilters, readMonitoringFiles } from "./monitoring-files.ts";

const functions = await startFunctions(settings);
after(() => functions.close());
await causeEvents(functions);
const entries = readEntries(functions.logged);

const metrics = await readMonitoringFiles("metrics");
const policies = await readMonitoringFiles("policies");
const dashboards = await readMonitoringFiles("dashboards");

describe("the metrics of monitoring/", () => {
  for (const [name, metric] of metrics) {
    it(`${name} counts lines that are really logged, with every label`, () => {
      const matching = entries.filter((entry) => matchesFilter(metric.filter, entry));
      assert.ok(matching.length > 0, `nothing matches ${metric.filter}`);
      assert.ok(matching.length < entries.length, "the filter matches every line");
      const keys = (metric.metricDescriptor.labels ?? []).map(({ key }: { key: string }) => key);
      assert.deepEqual(Object.keys(metric.labelExtractors ?? {}), keys);
      for (const entry of matching) {
        for (const key of keys) assert.match(String(extract(metric.labelExtractors[key], entry)), /^[\w.-]+$/, key);
        if (metric.valueExtractor !== undefined) {
          assert.ok(Number.isInteger(extract(metric.valueExtractor, entry)), metric.valueExtractor);
        }
      }
    });

    it(`${name} is a counter, or a distribution of a value`, () => {
      const { metricKind, valueType } = metric.metricDescriptor;
      assert.equal(metricKind, "DELTA");
      assert.equal(valueType, metric.valueExtractor === undefined ? "INT64" : "DISTRIBUTION");
    });
  }
});

describe("the duration of a call", () => {
  it("is logged with the call: FCM's part, and nothing where FCM accepted no push", () => {
    const woken = entries.filter(({ jsonPayload }) => jsonPayload["message"] === "call_woken");
    assert.ok(woken.length >= 5);
    for (const { jsonPayload } of woken) {
      const { status, webhookToAcceptedMs } = jsonPayload;
      assert.equal(webhookToAcceptedMs !== undefined, status === "notified", JSON.stringify(jsonPayload));
    }
    const lateId = buildRingId({ pbxId: "pbx-1", linkedId: "late" }, exten, 0);
    const late = woken.find(({ jsonPayload }) => jsonPayload["callId"] === lateId);
    assert.ok(Number(late?.jsonPayload["webhookToAcceptedMs"]) >= 100, JSON.stringify(late));
  });

  it("is logged once, when a phone is ready", () => {
    const ready = entries.filter(({ jsonPayload }) => jsonPayload["message"] === "phone_ready");
    assert.equal(ready.length, 1);
    const { webhookToReadyMs, acceptedToReadyMs } = ready[0]!.jsonPayload;
    assert.ok(Number(webhookToReadyMs) >= Number(acceptedToReadyMs) && Number(acceptedToReadyMs) >= 0);
  });
});

/** Google's own metrics that the policies and the dashboard use. */
const googles = new Set([
  "pubsub.googleapis.com/subscription/num_undelivered_messages",
  "pubsub.googleapis.com/subscription/oldest_unacked_message_age",
  "run.googleapis.com/container/instance_count",
  "run.googleapis.com/request_count",
  "run.googleapis.com/request_latencies",
  "serviceruntime.googleapis.com/quota/exceeded",
  "serviceruntime.googleapis.com/quota/rate/net_usage",
]);

describe("the policies and the dashboard of monitoring/", async () => {
  const events = await readDocumentedEvents();
  const watched = [...policies, ...dashboards].flatMap(([name, file]) =>
    findMonitoringFilters(file).map((filter) => ({ name, filter, file })),
  );

  it("use metrics that exist, with labels that these have", () => {
    for (const { name, filter } of watched) {
      const [, type = ""] = /^metric\.type="([^"]+)"/.exec(filter) ?? [];
      const own = type.replace("logging.googleapis.com/user/", "");
      assert.ok(googles.has(type) || metrics.has(own), `${name}: ${type}`);
      if (googles.has(type)) continue;
      const known = Object.keys(metrics.get(own).labelExtractors ?? {});
      for (const [, label = ""] of filter.matchAll(/metric\.labels\.(\w+)/g)) assert.ok(known.includes(label), filter);
    }
  });

  it("group by labels that the metrics have", () => {
    for (const { name, file } of watched) {
      for (const { filter, groups } of findGroups(file)) {
        const [, own = ""] = /user\/(\w+)/.exec(filter) ?? [];
        if (own === "") continue;
        const labels = Object.keys(metrics.get(own).labelExtractors ?? {});
        const known = new Set(labels.map((label) => `metric.label.${label}`));
        for (const group of groups) assert.ok(known.has(group), `${name}: ${group}`);
      }
    }
  });

  it("name events that exist, and use every metric", () => {
    const used = new Set<string>();
    for (const { filter } of watched) {
      for (const [, , names = ""] of filter.matchAll(/labels\.event=(one_of\()?("[^)]*")/g)) {
        for (const [, name = ""] of names.matchAll(/"(\w+)"/g)) assert.ok(events.has(name), name);
      }
      used.add(/user\/(\w+)/.exec(filter)?.[1] ?? "");
    }
    for (const name of metrics.keys()) assert.ok(used.has(name), `no policy or dashboard uses ${name}`);
  });

  it("miss a run as such: not of one label or revision, and until there is a run again", () => {
    const absent = [...policies].filter(([, { conditions }]) => conditions.some((one: any) => one.conditionAbsent));
    assert.deepEqual(absent.map(([name]) => name).toSorted(), ["campaign-missing", "probe-missing"]);
    for (const [name, { conditions, alertStrategy }] of absent) {
      // Each revision and each result is a series of its own, and every one of them ends.
      for (const { conditionAbsent } of conditions) {
        for (const { crossSeriesReducer, groupByFields = [] } of conditionAbsent.aggregations) {
          assert.deepEqual([crossSeriesReducer, groupByFields], ["REDUCE_SUM", []], name);
        }
      }
      // An incident without data is closed after this time: the longest that there is.
      assert.equal(alertStrategy.autoClose, "604800s", name);
    }
  });

  it("hear of every probe: that it ran, and of each way in which it failed", () => {
    const probes = [...events].filter(([name]) => name.startsWith("probe_"));
    const entryOf = (message: string) => ({ ...entries[0]!, jsonPayload: { message } });
    const { filter } = metrics.get("pbx_push_probes");
    const [{ conditionThreshold }] = policies.get("probe-failed").conditions;
    assert.ok(probes.length >= 4);
    for (const [name, { severity }] of probes) {
      assert.ok(matchesFilter(filter, entryOf(name)), name);
      assert.equal(conditionThreshold.filter.includes(`"${name}"`), severity === "ERROR", name);
    }
  });

  it("have labels of their own, and say what to do in the runbook", async () => {
    const runbook = await readFile(new URL("../../docs/runbook.md", import.meta.url), "utf8");
    const anchors = new Set([...runbook.matchAll(/^## (.+)$/gm)].map(([, title = ""]) => toAnchor(title)));
    for (const [name, { userLabels, documentation }] of policies) {
      assert.equal(userLabels["pbx-push"], name);
      const [, anchor = ""] = /docs\/runbook\.md#(\S+)$/.exec(documentation.content) ?? [];
      assert.ok(anchors.has(anchor), `${name}: ${anchor}`);
    }
    const page = await readFile(new URL("../../docs/log-events.md", import.meta.url), "utf8");
    for (const [, anchor = ""] of page.matchAll(/runbook\.md#([\w-]+)/g)) assert.ok(anchors.has(anchor), anchor);
  });
});

/** The anchor that GitHub makes of a heading. */
function toAnchor(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\w -]/g, "")
    .replaceAll(" ", "-");
}

function findGroups(file: unknown): readonly { readonly filter: string; readonly groups: readonly string[] }[] {
  if (typeof file !== "object" || file === null) return [];
  const { filter, aggregation, aggregations } = file as Record<string, any>;
  const here = [aggregation, ...(aggregations ?? [])].flatMap((one) => one?.groupByFields ?? []);
  const inside = Object.values(file).flatMap(findGroups);
  return typeof filter === "string" ? [{ filter, groups: here }, ...inside] : inside;
}
