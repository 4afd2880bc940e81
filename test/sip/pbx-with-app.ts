import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { alice, bob, demoKey, startFunctions } from "../support/functions.ts";
import { addLine, addPhone, pushesTo, resetState } from "../support/line.ts";
import { until } from "../support/until.ts";
import { startAsterisk, type AsteriskParts } from "./asterisk.ts";
import { buildSipParts } from "./pjsip.ts";
import { SipPhone } from "./sip-phone.ts";

/** The data of a push. */
export type Push = Readonly<Record<string, string>>;

const queues = [
  "[general]",
  "[ringall]",
  "strategy=ringall",
  "timeout=30",
  "member => Local/07045144801@legs/n",
  "member => Local/0702@legs/n",
  "[linear]",
  "strategy=linear",
  "timeout=1",
  "retry=1",
  "member => Local/07045144801@legs/n",
  "member => Local/0702@legs/n",
  "[apps]",
  "member => Local/07045144801@legs/n",
  "[members]",
  "strategy=ringall",
  "membergosub=pbx-push-answered",
  "member => PJSIP/app",
  "member => PJSIP/desk",
  "",
].join("\n");

/**
 * An Asterisk with the dialplan of calls.conf, the deployed functions and the push emulator. 07045144801 is Alice's, whose
 * app has the SIP phone `app`; 0702 is Bob's, whose app has `desk`. `trunk` and `other` call. The phones `mobile`,
 * `otherMobile`, `tablet` and `bobs` have no contact until they register.
 */
export async function startPbxWithApp(parts: AsteriskParts = {}) {
  const functions = await startFunctions();
  const names = ["trunk", "other", "app", "desk"] as const;
  const started = await Promise.all(names.map((name) => SipPhone.start(name)));
  const [trunk, other, app, desk] = started as [SipPhone, SipPhone, SipPhone, SipPhone];
  // Two phones of one user, a third that has another endpoint, and a phone of Bob's. They register as the tests want.
  const registering = await Promise.all(["mobile", "mobile", "tablet", "0702"].map((name) => SipPhone.start(name)));
  const [mobile, otherMobile, tablet, bobs] = registering as [SipPhone, SipPhone, SipPhone, SipPhone];
  const sip = await buildSipParts(started, "sip", registering);
  const writeSettings = (...urls: string[]) =>
    [
      "[general]",
      `key = ${demoKey}`,
      ...urls.map((url, index) => `url_${index + 1} = ${url}`),
      "budget_seconds = 8",
    ].join("\n");
  const asterisk = await startAsterisk(
    await readFile(join(import.meta.dirname, "calls.conf"), "utf8"),
    writeSettings(functions.urls.pbx),
    {
      ...parts,
      modules: [...(sip.modules ?? []), "app_directed_pickup", ...(parts.modules ?? [])],
      files: { ...sip.files, "queues.conf": queues, ...parts.files },
    },
  );
  let tokens: Record<"alice" | "bob", string> = { alice: "", bob: "" };
  return {
    asterisk,
    functions,
    trunk,
    other,
    app,
    desk,
    mobile,
    otherMobile,
    tablet,
    bobs,
    port: sip.port,
    /** Sets Asterisk's base URLs. */
    useBases: (...urls: string[]) => asterisk.write("pbx-push-settings.conf", writeSettings(...urls)),
    /** Begins a test: no records, one app for each number, and the service as the only base URL. */
    begin: async () => {
      await resetState(functions);
      const [token] = await addLine(functions, 1);
      await functions.pbx("PUT", "/lines/0702", { uid: bob.uid });
      tokens = { alice: token!, bob: await addPhone(functions, "bobs", bob) };
      for (const phone of [...started, ...registering]) {
        phone.calls.splice(0);
        phone.manner = "answers";
      }
      await asterisk.write("pbx-push-settings.conf", writeSettings(functions.urls.pbx));
      await asterisk.write("wait", "20");
    },
    /** Every push so far to the app of a person, oldest first. */
    pushes: (person: "alice" | "bob"): readonly Push[] => pushesTo(functions, tokens[person]).map(({ data }) => data),
    /** Waits for the n-th push to the app of a person. */
    pushTo: async (person: "alice" | "bob", n = 1): Promise<Push> => {
      await until(() => functions.fcm.messages(tokens[person]).length >= n);
      return pushesTo(functions, tokens[person])[n - 1].data;
    },
    /** Delays FCM's answers for the app of a person. */
    delayPushes: (person: "alice" | "bob", delayMs: number) =>
      functions.fcm.addFault({ match: { token: tokens[person] }, status: 200, delay_ms: delayMs }),
    /** Sends a report of a person's app on a ring. */
    report: async (person: "alice" | "bob", { callId }: Push, event: string) => {
      const [who, deviceId] = person === "alice" ? [alice, "phone-1"] : [bob, "bobs"];
      const { status, text } = await functions.call("reportCall", who, { callId, deviceId, event });
      if (status !== 200) throw new Error(text);
    },
    /** The record of the ring of a push, as it is now. */
    ringOf: async ({ linkedId, pbxRingId }: Push) => {
      const { rings } = (await functions.pbx("GET", `/calls/${linkedId}`)).body as { rings: Record<string, string>[] };
      return rings.find(({ ring_id }) => ring_id === pbxRingId)!;
    },
    /** The record of a call, once all its rings have ended. */
    recordOf: async ({ linkedId }: Push) => {
      let record: { reason?: string; rings: Record<string, string>[] } | undefined;
      await until(async () => {
        record = (await functions.pbx("GET", `/calls/${linkedId}`)).body;
        return record?.rings.every(({ status }) => status === "ended") === true;
      });
      return record!;
    },
    stop: async () => {
      await asterisk.untilQuiet();
      await asterisk.stop();
      for (const phone of [...started, ...registering]) phone.close();
      await functions.close();
    },
  };
}
