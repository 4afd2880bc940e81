import { after, it } from "node:test";
import { startFunction, type FunctionProcess } from "../../harness/function-process.ts";
import { buildFunctions } from "../../local/build-functions.ts";
import { startFunctions } from "../support/functions.ts";
import { measureKeyChanges } from "../support/key-changes.ts";

await buildFunctions();
const functions = await startFunctions();
const instances: FunctionProcess[] = [];
after(async () => {
  await Promise.all(instances.map((instance) => instance.kill()));
  await functions.close();
});

it("two instances follow a key's changes within a minute", { timeout: 180_000 }, async (t) => {
  const names = ["GCLOUD_PROJECT", "METADATA_SERVER_DETECTION", "FIRESTORE_EMULATOR_HOST", "FCM_EMULATOR_HOST"];
  // oxlint-disable-next-line node/no-process-env -- where startFunctions has put the emulators' addresses
  const environment = Object.fromEntries(names.map((name) => [name, process.env[name] ?? ""]));
  for (let nth = 0; nth < 2; nth += 1)
    instances.push(await startFunction("pbx", { signatureType: "http", environment }));
  const urls = instances.map(({ url }) => url);
  t.diagnostic(`two instances: ${await measureKeyChanges(urls, functions.services, functions.projectId)}`);
});
