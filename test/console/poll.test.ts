import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { importPage } from "./import-page.ts";

interface PollModule {
  readonly poll: (work: () => Promise<number | undefined>) => () => void;
}

const { poll } = await importPage<PollModule>("service/poll.ts");
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
    Object.assign(globalThis, { document: { visibilityState: "visible" } });
    const before = countTimers();
    const answers = [0, undefined];
    const over = Promise.withResolvers<void>();
    poll(async () => {
      if (answers.length === 1) over.resolve();
      return answers.shift();
    });
    await over.promise;
    await turn();
    assert.deepEqual([answers, countTimers()], [[], before]);
  });
});
