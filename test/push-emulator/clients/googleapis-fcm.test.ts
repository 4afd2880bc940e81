import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { auth, fcm } from "@googleapis/fcm";

import type { PushEmulator } from "../../../packages/push-emulator/src/emulator.ts";
import { startRedirectedEmulator } from "./redirected-emulator.ts";
import { createServiceAccount } from "./service-account.ts";

const projectId = "demo-googleapis";
const parent = `projects/${projectId}`;

describe("@googleapis/fcm", () => {
  let emulator: PushEmulator;

  before(async () => {
    emulator = await startRedirectedEmulator(projectId);
  });
  after(() => emulator.close());

  for (const [how, findRoot] of [
    ["by the redirection", () => ({})],
    ["by its root URL", () => ({ rootUrl: `${emulator.url}/` })],
  ] as const) {
    it(`sends with a service account's key (${how}), and gets the error of an uninstalled app`, async () => {
      const { client_email: email = "", private_key: key = "" } = createServiceAccount(projectId);
      const scopes = ["https://www.googleapis.com/auth/firebase.messaging"];
      const client = fcm({ version: "v1", auth: new auth.JWT({ email, key, scopes }), ...findRoot() });
      const { token } = emulator.createRegistration();
      const requestBody = { message: { token, data: { order: "7" } } };
      const sent = await client.projects.messages.send({ parent, requestBody });
      assert.equal(sent.data.name, `${parent}/messages/${emulator.messages(token)[0]?.id}`);
      emulator.setState(token, "uninstalled");
      await assert.rejects(client.projects.messages.send({ parent, requestBody }), { status: 404 });
    });
  }
});
