import assert from "node:assert/strict";
import { after, afterEach, describe, it } from "node:test";
import { askAs, refusalOf } from "../../support/console.ts";
import { startFunctions } from "../../support/functions.ts";

const functions = await startFunctions();
after(() => functions.close());
const ask = askAs(functions);
const { services } = functions;
const { db } = services;
afterEach(() => Object.assign(services, { db }));

/** From now on a method of the documents of a collection fails. */
function breakWrites(collection: string, method: "create" | "update"): void {
  const fail = async () => Promise.reject(new Error("The database is gone"));
  const breakIt = <T extends object>(target: T, name: string, replace: (...given: any[]) => unknown): T =>
    new Proxy(target, {
      get: (whole, key) => {
        if (key === name) return replace;
        const value: unknown = Reflect.get(whole, key);
        return typeof value === "function" ? value.bind(whole) : value;
      },
    });
  const broken = breakIt(db, "collection", (name: string) => {
    const all = db.collection(name);
    if (name !== collection) return all;
    return breakIt(all, "doc", (...id: [string]) => breakIt(all.doc(...id), method, fail));
  });
  Object.assign(services, { db: broken });
}

async function addKey(pbxId: string) {
  const { status, body } = await functions.call(
    "console",
    { uid: "olga", email: "olga@example.com", operator: true },
    {
      do: "addKey",
      pbxId,
    },
  );
  return { status, made: body.result };
}

async function lastChange() {
  const [change] = (await ask("audit", { limit: 1 })).rows;
  return [change?.what, change?.subject["pbx"], change?.who, change?.outcome];
}

describe("a change that stops half-way", () => {
  it("is not made if it cannot be recorded", async () => {
    const before = (await ask("keys")).rows.length;
    breakWrites("audit", "create");
    assert.equal((await addKey("pbx-2")).status, 500);
    assert.equal((await ask("keys")).rows.length, before);
  });

  it("is recorded as failed if it fails", async () => {
    breakWrites("pbxKeys", "create");
    const { status } = await refusalOf(functions, { do: "addKey", pbxId: "pbx-3" });
    assert.equal(status, 500);
    assert.deepEqual(await lastChange(), ["keys add", "pbx-3", "olga", "failed"]);
  });

  it("is answered, with the secret that is nowhere else, if it was made and only its end could not be recorded", async () => {
    breakWrites("audit", "update");
    const { status, made } = await addKey("pbx-4");
    assert.equal(status, 200);
    assert.match(made.key, /^[0-9a-f]{64}$/);
    assert.deepEqual(await lastChange(), ["keys add", "pbx-4", "olga", "unfinished"]);
    const error = functions.logged.find((line) => line.includes("audit_end_not_recorded"));
    assert.ok(error !== undefined && !error.includes(made.key));
  });
});
