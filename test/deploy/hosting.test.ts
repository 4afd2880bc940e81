import assert from "node:assert/strict";
import { describe, it } from "node:test";
import firebaseConfig from "../../firebase.json" with { type: "json" };
import { consolePath } from "../../functions/src/console/wire.ts";

const { hosting } = firebaseConfig;

/** The headers of a path's answer: of several rules that set one, Firebase Hosting takes the last. */
function headersOf(path: string): ReadonlyMap<string, string> {
  const fitting = hosting.headers.filter(({ source }) => source === "**" || path.startsWith(source.replace("**", "")));
  return new Map(
    fitting.flatMap(({ headers }) => headers.map(({ key, value }) => [key.toLowerCase(), value] as const)),
  );
}

/** The directives of a Content Security Policy, with their sources. */
function directivesOf(path: string): ReadonlyMap<string, readonly string[]> {
  const policy = headersOf(path).get("content-security-policy") ?? "";
  return new Map(
    policy.split("; ").map((directive) => {
      const [name = "", ...sources] = directive.split(" ");
      return [name, sources];
    }),
  );
}

for (const path of ["/", "/index.html", "/assets/index-1a2b3c.js", "/no-such-page"]) {
  describe(`the console's page at ${path}`, () => {
    const headers = headersOf(path);
    const directives = directivesOf(path);

    it("cannot be framed", () => {
      assert.deepEqual(directives.get("frame-ancestors"), ["'none'"]);
      assert.equal(headers.get("x-frame-options"), "DENY");
    });

    it("runs and shows nothing of another origin", () => {
      assert.deepEqual(directives.get("default-src"), ["'none'"]);
      for (const name of ["script-src", "style-src", "font-src"])
        assert.deepEqual(directives.get(name), ["'self'"], name);
      assert.deepEqual(directives.get("img-src"), ["'self'", "data:"]);
      for (const name of ["base-uri", "form-action"]) assert.deepEqual(directives.get(name), ["'none'"], name);
      const all = [...directives.values()].flat();
      assert.deepEqual(
        all.filter((source) => /unsafe|\*/.test(source)),
        [],
      );
    });

    it("asks its own origin and Firebase Auth, and no other", () => {
      const auth = ["https://identitytoolkit.googleapis.com", "https://securetoken.googleapis.com"];
      assert.deepEqual(directives.get("connect-src"), ["'self'", ...auth]);
    });

    it("is taken as what it is, tells no other page where it was, and shares no window", () => {
      assert.equal(headers.get("x-content-type-options"), "nosniff");
      assert.equal(headers.get("referrer-policy"), "strict-origin");
      assert.equal(headers.get("cross-origin-opener-policy"), "same-origin");
      assert.equal(headers.get("cross-origin-resource-policy"), "same-origin");
    });
  });
}

describe("the console's site", () => {
  it("keeps files with a hash in their names for a year, and asks for all others each time", () => {
    assert.equal(headersOf("/assets/index-1a2b3c.js").get("cache-control"), "public, max-age=31536000, immutable");
    for (const path of ["/", "/index.html", "/favicon.svg"]) {
      assert.equal(headersOf(path).get("cache-control"), "no-cache", path);
    }
  });

  it("passes the page's questions on to the function, wherever that is deployed", () => {
    assert.deepEqual(hosting.rewrites, [{ source: consolePath, function: { functionId: "console" } }]);
  });
});
