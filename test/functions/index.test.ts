import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as functions from "../../functions/src/index.ts";

/** What the Firebase CLI deploys a function with; firebase-functions leaves it on the function itself. */
interface Endpoint {
  readonly region: readonly string[];
  readonly availableMemoryMb: number;
  readonly cpu: number;
  readonly concurrency: number;
  readonly maxInstances: number;
  readonly timeoutSeconds: number;
  readonly secretEnvironmentVariables?: readonly { readonly key: string }[];
}

const endpoints = Object.fromEntries(
  Object.entries(functions).map(([name, { __endpoint }]) => [name, __endpoint as unknown as Endpoint]),
);

function optionsOf(name: string) {
  const endpoint = endpoints[name]!;
  const { region, availableMemoryMb, cpu, concurrency, maxInstances, timeoutSeconds } = endpoint;
  const secrets = endpoint.secretEnvironmentVariables?.map(({ key }) => key) ?? [];
  return { region, availableMemoryMb, cpu, concurrency, maxInstances, timeoutSeconds, secrets };
}

describe("the deployed surface", () => {
  it("is these functions", () => {
    assert.deepEqual(Object.keys(endpoints).toSorted(), [
      "getServerSettings",
      "pbx",
      "registerDevice",
      "reportCall",
      "unregisterDevice",
    ]);
  });

  it("runs the PBX's API with its secret, in Seoul", () => {
    assert.deepEqual(optionsOf("pbx"), {
      region: ["asia-northeast3"],
      availableMemoryMb: 512,
      cpu: 1,
      concurrency: 80,
      maxInstances: 20,
      timeoutSeconds: 60,
      secrets: ["PBX_KEYS"],
    });
  });

  for (const name of ["registerDevice", "unregisterDevice", "getServerSettings", "reportCall"] as const) {
    it(`runs ${name} without it`, () => {
      assert.deepEqual(optionsOf(name), {
        region: ["asia-northeast3"],
        availableMemoryMb: 512,
        cpu: 1,
        concurrency: 80,
        maxInstances: 20,
        timeoutSeconds: 30,
        secrets: [],
      });
    });
  }
});
