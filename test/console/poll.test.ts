import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { poll } from "../../console/src/service/poll.ts";

const turn = async () => new Promise((resolve) => setImmediate(resolve));
const countTimers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;

describe("a poll", () => {
  it("leaves no timer behind, whether it is stopped while it waits or while it asks", async () => {
    const before = countTimers();
    const stopWaiting = poll(async () => 60_000);
    await turn();
    assert.equal(countTimers(), before + 1);
    stopWaiting();
    await turn();
    const asking = Promise.withResolvers<number>();
    const stopAsking = poll(async () => asking.promise);
    stopAsking();
    asking.resolve(60_000);
    await turn();
    assert.equal(countTimers(), before);
  });

  it("ends by itself when there is nothing more to ask", async () => {
    let asked = 0;
    poll(async () => {
      asked += 1;
      return asked < 3 ? 0 : undefined;
    });
    Object.assign(globalThis, { document: { visibilityState: "visible" } });
    while (asked < 3) await turn();
    await turn();
    assert.equal(asked, 3);
  });
});
