import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { campaigns } from "../../functions/src/campaigns/campaign.ts";
import { callableNames } from "../../functions/src/phone/callable.ts";
import * as functions from "../../functions/src/index.ts";

/** What the Firebase CLI deploys a function with; firebase-functions stores it on the function itself. */
interface Endpoint {
  readonly region: unknown;
  readonly availableMemoryMb: number;
  readonly cpu: number;
  readonly concurrency: number;
  readonly maxInstances: unknown;
  readonly timeoutSeconds: number;
  readonly scheduleTrigger?: object;
  readonly callableTrigger?: object;
  readonly eventTrigger?: object;
  readonly secretEnvironmentVariables?: readonly { readonly key: string }[];
}

const endpoints = Object.fromEntries(
  Object.entries(functions).map(([name, { __endpoint }]) => [name, showParams(__endpoint) as Endpoint]),
);

/** Params as the Firebase CLI reads them. */
function showParams(value: unknown): any {
  if (typeof value !== "object" || value === null) return value;
  if ("toCEL" in value && typeof value.toCEL === "function") return value.toCEL();
  if (Array.isArray(value) || isReset(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, showParams(field)]));
}

function optionsOf(name: string) {
  const endpoint = endpoints[name]!;
  const { region, availableMemoryMb, cpu, concurrency, maxInstances, timeoutSeconds } = endpoint;
  const secrets = endpoint.secretEnvironmentVariables?.map(({ key }) => key) ?? [];
  return { region, availableMemoryMb, cpu, concurrency, maxInstances, timeoutSeconds, secrets };
}

/** When a function runs, without the options that the Firebase CLI resets to their defaults. */
function scheduleOf(name: string): unknown {
  return JSON.parse(
    JSON.stringify(endpoints[name]?.scheduleTrigger, (_, value: unknown) => (isReset(value) ? undefined : value)),
  );
}

/** firebase-functions' value for an option that is reset to its default. */
function isReset(value: unknown): boolean {
  return typeof value === "object" && value !== null && value.constructor.name === "ResetValue";
}

describe("the deployed surface", () => {
  it("starts every campaign at its time", () => {
    for (const { id } of campaigns) {
      const setting = `${id.replace(/[A-Z]/g, "_$&").toUpperCase()}_SCHEDULE`;
      const schedule = `{{ params.${setting} }}`;
      const timeZone = "{{ params.SCHEDULE_TIME_ZONE }}";
      assert.deepEqual(scheduleOf(id), { schedule, timeZone, retryConfig: { retryCount: 3 } }, id);
    }
  });

  it("is these functions", () => {
    assert.deepEqual(Object.keys(endpoints).toSorted(), [
      "campaignWorker",
      "console",
      "duePushes",
      "eraseMyData",
      "getServerSettings",
      "muteCampaigns",
      "nightly",
      "pathDaily",
      "pbx",
      "probe",
      "pushWorker",
      "registerDevice",
      "reportCall",
      "saveLocation",
      "statistics",
      "unregisterDevice",
    ]);
  });

  it("takes raw bodies in every callable", () => {
    const callables = Object.keys(endpoints).filter((name) => endpoints[name]?.callableTrigger !== undefined);
    assert.deepEqual(callables.toSorted(), [...callableNames, "console"].toSorted());
  });

  it("gives the PBX's API a core, half a gibibyte and Apple's key", () => {
    assert.deepEqual(optionsOf("pbx"), {
      region: "{{ params.FUNCTION_DEFAULT_REGION }}",
      availableMemoryMb: 512,
      cpu: 1,
      concurrency: 80,
      maxInstances: "{{ params.CALL_MAX_INSTANCES }}",
      timeoutSeconds: 60,
      secrets: ["APNS_KEY"],
    });
  });

  for (const name of callableNames) {
    it(`gives a callable the same, and less time: ${name}`, () => {
      assert.deepEqual(optionsOf(name), {
        region: "{{ params.FUNCTION_DEFAULT_REGION }}",
        availableMemoryMb: 512,
        cpu: 1,
        concurrency: 80,
        maxInstances: "{{ params.CALL_MAX_INSTANCES }}",
        timeoutSeconds: 30,
        secrets: [],
      });
    });
  }

  it("gives the console few instances: operators are few, and strangers may knock", () => {
    assert.deepEqual(optionsOf("console"), {
      region: "{{ params.FUNCTION_DEFAULT_REGION }}",
      availableMemoryMb: 512,
      cpu: 1,
      concurrency: 80,
      maxInstances: 3,
      timeoutSeconds: 60,
      secrets: [],
    });
  });

  it("runs the nightly job at 03:40, with retries", () => {
    assert.deepEqual(optionsOf("nightly"), {
      region: "{{ params.FUNCTION_DEFAULT_REGION }}",
      availableMemoryMb: 512,
      cpu: 1,
      concurrency: 1,
      maxInstances: 1,
      timeoutSeconds: 540,
      secrets: [],
    });
    assert.deepEqual(scheduleOf("nightly"), {
      schedule: "40 3 * * *",
      timeZone: "{{ params.SCHEDULE_TIME_ZONE }}",
      retryConfig: { retryCount: 3 },
    });
  });

  it("counts each hour shortly after its end, and probes once between", () => {
    const timeZone = "{{ params.SCHEDULE_TIME_ZONE }}";
    assert.deepEqual(scheduleOf("statistics"), { schedule: "8 * * * *", timeZone, retryConfig: { retryCount: 3 } });
    assert.deepEqual(scheduleOf("probe"), { schedule: "23 * * * *", timeZone, retryConfig: { retryCount: 0 } });
    assert.deepEqual([optionsOf("statistics").timeoutSeconds, optionsOf("probe").timeoutSeconds], [540, 60]);
    assert.deepEqual([optionsOf("statistics").secrets, optionsOf("probe").secrets], [[], []]);
  });

  for (const [name, schedule] of [
    ["saveLocation", "{{ params.SAVE_LOCATION_SCHEDULE }}"],
    ["pathDaily", "{{ params.PATH_DAILY_SCHEDULE }}"],
  ] as const) {
    it(`starts ${name} at its time`, () => {
      assert.deepEqual(optionsOf(name), {
        region: "{{ params.FUNCTION_DEFAULT_REGION }}",
        availableMemoryMb: 512,
        cpu: 1,
        concurrency: 1,
        maxInstances: 1,
        timeoutSeconds: 300,
        secrets: [],
      });
      assert.deepEqual(scheduleOf(name), {
        schedule,
        timeZone: "{{ params.SCHEDULE_TIME_ZONE }}",
        retryConfig: { retryCount: 3 },
      });
    });
  }

  it("sends a campaign's shards eight at a time, with retries until they are done", () => {
    assert.deepEqual(optionsOf("campaignWorker"), {
      region: "{{ params.FUNCTION_DEFAULT_REGION }}",
      availableMemoryMb: 512,
      cpu: 1,
      concurrency: 8,
      maxInstances: "{{ params.CAMPAIGN_WORKERS }}",
      timeoutSeconds: 540,
      secrets: [],
    });
    assert.deepEqual(endpoints["campaignWorker"]?.eventTrigger, {
      eventType: "google.cloud.pubsub.topic.v1.messagePublished",
      eventFilters: { topic: "campaign-shards" },
      retry: true,
    });
  });

  it("looks for due pushes each minute, one job at a time", () => {
    assert.deepEqual(optionsOf("duePushes"), {
      region: "{{ params.FUNCTION_DEFAULT_REGION }}",
      availableMemoryMb: 512,
      cpu: 1,
      concurrency: 1,
      maxInstances: 1,
      timeoutSeconds: 60,
      secrets: [],
    });
    assert.deepEqual(scheduleOf("duePushes"), {
      schedule: "* * * * *",
      timeZone: "{{ params.SCHEDULE_TIME_ZONE }}",
      retryConfig: { retryCount: 1 },
    });
  });

  it("sends pushes as their messages come, with retries", () => {
    assert.deepEqual(optionsOf("pushWorker"), {
      region: "{{ params.FUNCTION_DEFAULT_REGION }}",
      availableMemoryMb: 512,
      cpu: 1,
      concurrency: 80,
      maxInstances: "{{ params.PUSH_MAX_INSTANCES }}",
      timeoutSeconds: 120,
      secrets: [],
    });
    assert.deepEqual(endpoints["pushWorker"]?.eventTrigger, {
      eventType: "google.cloud.pubsub.topic.v1.messagePublished",
      eventFilters: { topic: "pushes" },
      retry: true,
    });
  });
});
