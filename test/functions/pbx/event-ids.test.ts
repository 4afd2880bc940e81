import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import { startFunctions } from "../../support/functions.ts";
import { addLine, exten, pushesTo, resetState } from "../../support/line.ts";

const functions = await startFunctions();
after(() => functions.close());
beforeEach(() => resetState(functions));

/** An event of a PBX whose system name is not valid in an id of the API. */
const event = (name: string) => ({
  type: 3,
  data: {
    Event: name,
    Context: "trk-11-in",
    Exten: exten,
    CallerIDNum: "01012345678",
    Linkedid: "본사 1/pbx-1763712000.17",
    Uniqueid: "본사 1/pbx-1763712000.17",
  },
});

describe("the ids of an event", () => {
  it("are spelt as the dialplan and the phones spell them, whatever the PBX's system name", async () => {
    const [token] = await addLine(functions, 1);
    assert.equal((await functions.pbx("POST", "/events", event("Newchannel"))).body.status, "notified");
    const [{ data }] = pushesTo(functions, token!);
    assert.deepEqual([data.linkedId, data.pbxRingId], ["1pbx-1763712000.17", "1pbx-1763712000.17"]);
    const again = { call_id: "1pbx-1763712000.17", exten, ring_id: "1pbx-1763712000.17" };
    await functions.pbx("POST", "/calls", again);
    assert.equal(pushesTo(functions, token!).length, 1);
    assert.equal((await functions.pbx("POST", "/events", event("Hangup"))).body.notified, 1);
  });

  it("end the ring that a channel has announced, also when the channel belongs to another call by now", async () => {
    const [token] = await addLine(functions, 1);
    await functions.pbx("POST", "/events", event("Newchannel"));
    const { type, data } = event("Hangup");
    const hangup = await functions.pbx("POST", "/events", { type, data: { ...data, Linkedid: "1763711999.3" } });
    assert.deepEqual([hangup.status, hangup.body.notified], [200, 1]);
    assert.equal(pushesTo(functions, token!).at(-1)?.data.type, "call_ended");
  });

  it("are those of the dialled channel when a DialEnd has no other", async () => {
    await addLine(functions, 1);
    await functions.pbx("POST", "/events", event("Newchannel"));
    const { Linkedid: DestLinkedid, Uniqueid: DestUniqueid } = event("").data;
    const data = { Event: "DialEnd", DialStatus: "ANSWER", DestLinkedid, DestUniqueid };
    assert.equal((await functions.pbx("POST", "/events", { type: 3, data })).body.notified, 1);
  });
});
