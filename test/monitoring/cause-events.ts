import { saveLocation } from "../../functions/src/campaigns/campaign.ts";
import { startRun } from "../../functions/src/campaigns/start-run.ts";
import { demoApns, voipTopic as topic } from "../../harness/demo-apns.ts";
import { alice, bob, type TestFunctions } from "../support/functions.ts";
import { addLine, addPhone, call, callId, exten } from "../support/line.ts";

/** The settings of the functions that have to cause them. */
export const settings = {
  AUDIENCE_SHARDS: "1",
  CAMPAIGN_RAMP_SECONDS: "0",
  ...demoApns,
};

const notice = { title: "a", body: "b" };

/** Causes nearly everything that is measured or alerted on, over HTTP. */
export async function causeEvents(functions: TestFunctions): Promise<void> {
  await functions.deliverMessages();
  await callPhones(functions);
  await callInVain(functions);
  await callIphone(functions);
  await sendPushes(functions);
  await runCampaigns(functions);
  await probeAndCount(functions);
  await breakThings(functions);
  await functions.settleMessages();
}

async function callPhones(functions: TestFunctions): Promise<void> {
  const [gone] = await addLine(functions, 3);
  functions.fcm.setState(gone!, "uninstalled");
  await functions.pbx("POST", "/calls", call);
  const report = { callId, deviceId: "phone-2" };
  for (const event of ["ready", "ready"]) await functions.call("reportCall", alice, { ...report, event });
  const end = async () => functions.pbx("POST", `/calls/${call.call_id}/end`, { dialstatus: "CANCEL" });
  functions.fcm.addFault({ error_code: "UNAVAILABLE", times: 4 });
  await end();
  functions.fcm.clearFaults();
  await end();
}

async function callInVain(functions: TestFunctions): Promise<void> {
  await functions.pbx("POST", "/calls", { ...call, call_id: "nobody", exten: "1" });
  for (const [call_id, fault] of [
    ["refused", { status: 403, error_code: "SENDER_ID_MISMATCH" }],
    ["throttled", { status: 429, error_code: "QUOTA_EXCEEDED", retry_after: "60" }],
  ] as const) {
    functions.fcm.addFault({ ...fault, times: 2 });
    await functions.pbx("POST", "/calls", { ...call, call_id });
    functions.fcm.clearFaults();
  }
  functions.fcm.addFault({ status: 200, delay_ms: 100, times: 2 });
  await functions.pbx("POST", "/calls", { ...call, call_id: "late" });
}

/** An iPhone that APNs rings, and FCM when APNs does not, until APNs has forgotten it. */
async function callIphone(functions: TestFunctions): Promise<void> {
  const line = "07045144802";
  await functions.pbx("PUT", `/lines/${line}`, { uid: bob.uid });
  const { token, voipToken } = functions.fcm.createRegistration({ platform: "ios" });
  const voip = { token: voipToken, topic, environment: "production" };
  const device = { deviceId: "iphone", platform: "ios", registration: { kind: "token", value: token }, voip };
  await functions.call("registerDevice", bob, device);
  await functions.pbx("POST", "/calls", { ...call, call_id: "iphone", exten: line });
  for (const reason of ["InvalidProviderToken", "ServiceUnavailable", "Unregistered"] as const) {
    functions.fcm.addFault({ channel: "apns", reason, times: 2 });
    await functions.pbx("POST", "/calls", { ...call, call_id: reason, exten: line });
    functions.fcm.clearFaults();
  }
}

async function sendPushes(functions: TestFunctions): Promise<void> {
  const tokens = Array.from({ length: 30 }, () => functions.fcm.createRegistration().token);
  for (const token of tokens) functions.fcm.setState(token, "uninstalled");
  await functions.pbx("POST", "/send-batch", { tokens, ...notice });
  await functions.pbx("POST", "/pushes", { target: { exten }, ...notice });
  await functions.settleMessages();
  functions.fcm.addFault({ status: 403, error_code: "SENDER_ID_MISMATCH", times: 2 });
  await functions.pbx("POST", "/pushes", { target: { token: tokens[0] }, ...notice });
  await functions.settleMessages();
  functions.fcm.clearFaults();
  await functions.runSchedule("duePushes");
}

async function probeAndCount(functions: TestFunctions): Promise<void> {
  await functions.runSchedule("probe");
  functions.fcm.addFault({ status: 503, error_code: "UNAVAILABLE", times: 9 });
  await functions.runSchedule("probe");
  functions.fcm.clearFaults();
  await functions.runSchedule("statistics");
}

async function runCampaigns(functions: TestFunctions): Promise<void> {
  const { services } = functions;
  await addPhone(functions, "phone-9");
  functions.fcm.addFault({ status: 403, error_code: "SENDER_ID_MISMATCH" });
  await startRun(services, { campaign: saveLocation, scheduledAt: Date.now() });
  await functions.settleMessages();
  await services.db.doc("campaigns/pathDaily").set({ enabled: false });
  await functions.runSchedule("pathDaily");
  await functions.runSchedule("nightly");
}

async function breakThings(functions: TestFunctions): Promise<void> {
  await functions.services.publisher.publish("pushes", [{ id: "nobody" }, { nonsense: true }]);
  await functions.settleMessages();
}
