import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { parseForESLint as parseRules } from "@firebase/eslint-plugin-security-rules/parser";
import { findConfigFaults, validateIndexes } from "./firebase-tools.ts";

const root = new URL("../../", import.meta.url);

async function readJson(name: string): Promise<any> {
  return JSON.parse(await readFile(new URL(name, root), "utf8"));
}

describe("firebase.json", () => {
  it("passes the Firebase CLI's schema", async () => {
    const config = await readJson("firebase.json");
    assert.deepEqual(findConfigFaults(config), []);
    const misspelt = { ...config, firestore: { ...config.firestore, index: "firestore.indexes.json" } };
    assert.match(findConfigFaults(misspelt).join("\n"), /firestore.*unknown property.*index/);
  });

  it("names files that exist, and the runtime of the functions' package.json", async () => {
    const { functions, firestore } = await readJson("firebase.json");
    for (const name of [firestore.rules, firestore.indexes, functions[0].source]) {
      assert.ok(existsSync(fileURLToPath(new URL(name, root))), name);
    }
    const { engines } = await readJson("functions/package.json");
    assert.equal(functions[0].runtime, `nodejs${engines.node}`);
  });
});

describe("firestore.indexes.json", () => {
  it("passes the Firebase CLI's validation", async () => {
    const indexes = await readJson("firestore.indexes.json");
    validateIndexes(indexes);
    const broken = structuredClone(indexes);
    broken.fieldOverrides[0].indexes = [{ order: "UPWARDS" }];
    assert.throws(() => validateIndexes(broken), /order/);
  });

  it("has TTL policies for the collections that expire", async () => {
    const { fieldOverrides } = await readJson("firestore.indexes.json");
    const overrides = fieldOverrides.filter(({ ttl }: { ttl?: boolean }) => ttl === true);
    const names = overrides.map(
      ({ collectionGroup, fieldPath }: Record<string, string>) => `${collectionGroup}.${fieldPath}`,
    );
    const expiring = ["audit", "ends", "pushes", "rings", "statistics", "statisticsDays"];
    assert.deepEqual(
      names.toSorted(),
      expiring.map((name) => `${name}.removeAt`),
    );
  });
});

describe("firestore.rules", () => {
  it("parses as Firebase Security Rules", async () => {
    const rules = await readFile(new URL("firestore.rules", root), "utf8");
    parseRules(rules);
    const broken: readonly [what: string, search: string, replacement: string][] = [
      ["an unclosed brace", "match /{document=**} {", "match /{document=**} {{"],
      ["an unknown operator", "&& saneSettings()", "&& & saneSettings()"],
      ["an allow without a method", "allow read, write:", "allow:"],
      ["a function without a name", "function isOwner(uid)", "function (uid)"],
    ];
    for (const [what, search, replacement] of broken) {
      assert.ok(rules.includes(search), search);
      assert.throws(() => parseRules(rules.replace(search, replacement)), SyntaxError, what);
    }
  });
});
