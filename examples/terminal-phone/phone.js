// A phone in a terminal: logs in, registers, sleeps, and is woken by a push. Without the emulators' lines it is what an app does.
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { initializeApp } from "firebase/app";
import { connectAuthEmulator, getAuth, signInWithEmailAndPassword } from "firebase/auth";
import { connectFunctionsEmulator, getFunctions, httpsCallable } from "firebase/functions";
import { CallClient } from "pbx-push-client";

const offset = Number(process.env.PBX_PUSH_PORT_OFFSET ?? 0);
const local = (port) => `127.0.0.1:${port + offset}`;
const pushes = `http://${local(9190)}/emulator/v1/registrations`;
const deviceId = "terminal-phone";

const app = initializeApp({ projectId: "demo-pbx-push", apiKey: "demo" });
const auth = getAuth(app);
const functions = getFunctions(app, "asia-northeast3");
connectAuthEmulator(auth, `http://${local(9099)}`, { disableWarnings: true });
connectFunctionsEmulator(functions, "127.0.0.1", 5001 + offset);
const call = async (name, data) => (await httpsCallable(functions, name)(data)).data;

// On a phone, the FCM SDK gives the token.
const { token } = await (await fetch(pushes, { method: "POST", body: JSON.stringify({ platform: "android" }) })).json();
await signInWithEmailAndPassword(auth, "demo2@example.com", "demo-password");
await call("registerDevice", { deviceId, platform: "android", registration: { kind: "token", value: token } });

const client = new CallClient({
  deviceId,
  loadServerSettings: () => call("getServerSettings", {}),
  reportCall: (report) => call("reportCall", report),
});
let ringing;
client.on("incoming", ({ id, name, number }) => {
  console.log(`${name || number} calls: a to answer, d to decline, h to hang up`);
  ringing = id;
});
client.on("answered", ({ name, number }) => console.log(`answered ${name || number}`));
client.on("ended", (_, reason) => console.log(`over: ${reason}`));

const keys = { a: () => client.answer(ringing), d: () => client.decline(ringing), h: () => client.hangUp(ringing) };
createInterface({ input: process.stdin }).on("line", (key) => keys[key]?.());

// On a phone, the FCM SDK calls a handler with each push.
const stream = await fetch(`${pushes}/${encodeURIComponent(token)}/stream`);
console.log("asleep; ring 07045144802 from http://127.0.0.1:" + (5062 + offset));
for await (const line of createInterface({ input: Readable.fromWeb(stream.body) })) {
  if (line.startsWith("data: ")) void client.receivePush(JSON.parse(line.slice(6)).message.data);
}
