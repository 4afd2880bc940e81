import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { startFunctions } from "../support/functions.ts";
import { openOutside } from "./outside-folder.ts";

// The generator needs the API of TypeScript 5.
const tools = ["openapi-typescript@7.13.0", "openapi-fetch@0.17.0", "typescript@5.9.3", "@types/node@24"];
const outside = await openOutside("openapi", tools);
const functions = await startFunctions();
after(async () => {
  await functions.close();
  await outside.remove();
});

/** A PBX's program, with the names of the document. */
const program = `
import createClient from "openapi-fetch";
import type { components, operations, paths } from "./api.d.ts";

const [, , baseUrl, key] = process.argv;
const client = createClient<paths>({ baseUrl, headers: { authorization: "Bearer " + key } });
const body: components["schemas"]["CallRequest"] = { call_id: "1.1", exten: "07045144801" };
const { data, error } = await client.POST("/calls", { body });
const woken: components["schemas"]["WokenCall"] | undefined = data;
const failure: components["schemas"]["Error"] | undefined = error;
const ended = await client.POST("/calls/{call_id}/end", { params: { path: body }, body: { reason: "cancelled" } });
const told: operations["endCall"]["responses"][200]["content"]["application/json"] | undefined = ended.data;
// @ts-expect-error -- no such reason
const wrong: components["schemas"]["EndReason"] = "bored";
console.log(woken?.status ?? failure?.error.code, told?.status, wrong);
`;

describe("a client that is generated from openapi.json", () => {
  it("compiles, and works with the service", async () => {
    await outside.write("openapi.json", (await functions.pbx("GET", "/openapi.json")).text);
    await outside.write("program.ts", program);
    await outside.run("openapi-typescript", "openapi.json", "--output", "api.d.ts");
    const options = ["--strict", "--target", "esnext", "--module", "nodenext", "--skipLibCheck", "--types", "node"];
    await outside.run("tsc", ...options, "program.ts");
    assert.equal(
      await outside.run(process.execPath, "program.js", functions.urls.pbx, "demo-pbx-key"),
      "no_devices ended bored\n",
    );
  });
});
