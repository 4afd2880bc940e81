import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import { demoKey, startFunctions } from "../../support/functions.ts";
import { addLine, call, exten, pushesTo, resetState } from "../../support/line.ts";

const functions = await startFunctions({ TRUNK_CONTEXT_PREFIX: "trk,from-trunk" });
after(() => functions.close());
beforeEach(() => resetState(functions));

describe("POST /events", () => {
  const event = {
    type: 3,
    server_id: 1,
    server_name: "pbx",
    ssl: false,
    data: {
      Event: "Newchannel",
      Context: "trk-11-in",
      Exten: exten,
      CallerIDNum: "01012345678",
      CallerIDName: "홍길동",
      Linkedid: "1763712000.17",
      Uniqueid: "1763712000.18",
    },
  };

  it("wakes the phones for a Newchannel of a trunk, once for all channels of a call", async () => {
    const [token] = await addLine(functions, 1);
    assert.equal((await functions.pbx("POST", "/events", event)).body.status, "notified");
    const leg = { ...event, data: { ...event.data, Uniqueid: "1763712000.19" } };
    assert.equal((await functions.pbx("POST", "/events", leg)).body.accepted, 1);
    assert.deepEqual(
      pushesTo(functions, token!).map(({ data }) => data.type),
      ["incoming_call"],
    );
    assert.equal((await functions.pbx("GET", `/calls/${call.call_id}`)).body.caller_name, "홍길동");
  });

  it("accepts the trunks of every configured prefix", async () => {
    const [token] = await addLine(functions, 1);
    const fromPstn = { ...event, data: { ...event.data, Context: "from-trunk-pjsip-kt" } };
    assert.equal((await functions.pbx("POST", "/events", fromPstn)).body.status, "notified");
    assert.equal(pushesTo(functions, token!).length, 1);
  });

  it("uses the Uniqueid without a Linkedid, and reads <unknown> as empty", async () => {
    const { Linkedid: _, ...data } = event.data;
    await functions.pbx("POST", "/events", { ...event, data: { ...data, CallerIDNum: "<unknown>" } });
    assert.equal((await functions.pbx("GET", "/calls/1763712000.18")).body.caller_id, "");
  });

  const names = [
    ["O\\'Brien \\?", "O'Brien ?"],
    ["Kim\\tLee", "KimLee"],
    ["\\\\\\\\server\\\\\\\\Kim", "\\server\\Kim"],
    ['(주)한국 \\\\\\"본사\\\\\\"', '(주)한국 "본사"'],
  ] as const;
  for (const [escaped, name] of names) {
    it(`reads the name ${name}, which AMI has escaped`, async () => {
      await functions.pbx("POST", "/events", { ...event, data: { ...event.data, CallerIDName: escaped } });
      assert.equal((await functions.pbx("GET", `/calls/${call.call_id}`)).body.caller_name, name);
    });
  }

  const ignored: Record<string, object> = {
    not_a_pbx_event: { ...event, type: 1 },
    not_a_new_channel: { ...event, data: { ...event.data, Event: "Newexten" } },
    not_an_answer: { ...event, data: { ...event.data, Event: "DialEnd", DialStatus: "BUSY" } },
    not_announced: { ...event, data: { ...event.data, Event: "Hangup" } },
    not_a_trunk: { ...event, data: { ...event.data, Context: "from-internal" } },
    not_an_incoming_call: { ...event, data: { ...event.data, Exten: "s" } },
  };
  for (const [reason, body] of Object.entries(ignored)) {
    it(`ignores an event that is ${reason}`, async () => {
      const answer = await functions.pbx("POST", "/events", body);
      assert.deepEqual([answer.status, answer.body], [202, { ignored: true, reason }]);
    });
  }

  it("ignores an outgoing call, whose exten is empty, and an event without data", async () => {
    const outgoing = { ...event, data: { ...event.data, Exten: "" } };
    assert.equal((await functions.pbx("POST", "/events", outgoing)).status, 202);
    assert.equal((await functions.pbx("POST", "/events", { type: 3 })).status, 202);
  });

  const encodedNames: Record<string, readonly [sent: Buffer, shown: string]> = {
    CP949: [Buffer.from("c8abb1e6b5bf", "hex"), "홍길동"],
    "CP949 of one character": [Buffer.from("c7d1", "hex"), "한"],
    "CP949 with characters that EUC-KR does not have": [Buffer.from("8c63b9e6b0a2c7cf", "hex"), "똠방각하"],
    "UTF-8 that was cut off within a character": [Buffer.from("홍길동").subarray(0, 8), "홍길"],
    "UTF-8 that was cut off after the first byte of a character": [Buffer.from("김é").subarray(0, 4), "김"],
    "neither UTF-8 nor CP949": [Buffer.from("4b696dff", "hex"), "Kim"],
  };
  for (const [encoding, [sent, shown]] of Object.entries(encodedNames)) {
    it(`reads a name in ${encoding}`, async () => {
      await addLine(functions, 1);
      const [start, end] = JSON.stringify(event).split("홍길동");
      const body = Buffer.concat([Buffer.from(start!), sent, Buffer.from(end!)]);
      const headers = { authorization: `Bearer ${demoKey}`, "content-type": "application/json" };
      assert.equal((await functions.pbx("POST", "/events", body, { headers })).body.status, "notified");
      assert.equal((await functions.pbx("GET", `/calls/${call.call_id}`)).body.caller_name, shown);
    });
  }

  it("reports what is wrong with a call that it cannot accept", async () => {
    const { Linkedid: _, Uniqueid: __, ...data } = event.data;
    assert.equal(
      (await functions.pbx("POST", "/events", { ...event, data })).body.error.issues[0].path,
      "data.Linkedid",
    );
    const long = { ...event, data: { ...event.data, Exten: "1".repeat(33) } };
    assert.equal((await functions.pbx("POST", "/events", long)).body.error.issues[0].path, "exten");
  });
});
