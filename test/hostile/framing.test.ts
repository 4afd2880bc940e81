import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import * as fc from "fast-check";
import { framedRequests, type FramedRequest } from "./input/framed-requests.ts";
import { attack, runsOf } from "./support/attack.ts";
import { announce, growthWhile, startDeployment } from "./support/deployment.ts";
import { leaveUnfinished } from "./support/unfinished.ts";

const deployment = await startDeployment();
after(() => deployment.close());
const { pbx } = deployment;

/** Requests at a time: fewer than an instance takes. */
const atOnce = { minLength: 60, maxLength: 120 };
/** Memory that a request may take while it is in flight, in KiB: the largest body that a route reads, and buffers. */
const allowedKib = 512;

async function check({ head, body, statuses, hasJunk }: FramedRequest): Promise<void> {
  const answer = await leaveUnfinished(pbx.url, head, ...body);
  if (hasJunk && answer.status === 400 && answer.body === "") return;
  assert.ok(statuses.includes(answer.status), `${answer.status}, not ${statuses.join()}: ${head}`);
  const { error } = JSON.parse(answer.body);
  assert.equal(typeof error.code, "string");
}

describe("bodies that are not what their heads say", () => {
  it("are answered by the first thing that is wrong, within a bound of memory", async (test) => {
    let requests = 0;
    const batches = fc.array(framedRequests, atOnce);
    const growth = await growthWhile(test, pbx, async () => {
      await attack(test, 6, batches, async (batch) => {
        requests += batch.length;
        await Promise.all(batch.map(check));
        assert.equal((await announce(deployment)).status, 200);
      });
    });
    const kib = (growth * 1024) / atOnce.maxLength;
    test.diagnostic(`${requests} requests in ${runsOf(6)} batches, at most ${kib.toFixed(0)} KiB for one in flight`);
    assert.ok(kib < allowedKib, `${kib} KiB`);
  });

  it("have logged no error", () => {
    assert.doesNotMatch(pbx.output(), /Error|"severity":"ERROR"|\n {4}at /);
  });
});
