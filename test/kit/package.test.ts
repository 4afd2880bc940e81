import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { loadManifest } from "../../admin/deploy/load-manifest.ts";
import { createProject, packKit, type OutsideProject, type PackedKit } from "./packed-kit.ts";
import { startRegistry } from "./registry.ts";

// For a kit from npm the Firebase CLI writes a TypeScript index, installs the SDKs from npm again, and compiles it.
describe("the kit, installed from npm", { timeout: 480_000 }, () => {
  let kit: PackedKit;
  let project: OutsideProject;
  let registry: Awaited<ReturnType<typeof startRegistry>>;
  let installing: string;
  before(async () => {
    [kit, project] = await Promise.all([packKit(), createProject()]);
    registry = await startRegistry(kit);
    const install = ["functions:kits:install", "--package", kit.packageJson.name, "--no-configure", "--force"];
    installing = await project.firebase([...install, "--project", "demo-kit", "--non-interactive"], {
      npm_config_registry: registry.origin,
    });
  });
  after(async () => {
    registry.close();
    await Promise.all([kit.remove(), project.remove()]);
  });

  it("is installed with the tested dependency versions", () => {
    assert.match(installing, /Function kit pbx-push-functions successfully installed/);
    assert.doesNotMatch(installing, /npm-shrinkwrap/);
  });

  it("compiles and loads as the CLI's index exports it, and asks for the region once", async () => {
    const [{ source }] = (await project.readConfig()).functions;
    const { endpoints, params } = await loadManifest(join(project.folder, source));
    const exported = Object.keys(await import("../../functions/src/index.ts"));
    assert.deepEqual(Object.keys(endpoints).toSorted(), exported.toSorted());
    const regions = new Set(Object.values<any>(endpoints).map(({ region }) => region));
    assert.deepEqual([...regions], ["{{ params.FUNCTION_DEFAULT_REGION }}"]);
    const asked = params.filter(({ name }) => name.includes("REGION"));
    assert.deepEqual(
      asked.map(({ name, default: value }) => [name, value]),
      [["FUNCTION_DEFAULT_REGION", "asia-northeast3"]],
    );
  });
});
