import { defineConfig } from "tsdown";

/** ES modules and CommonJS, because Jest loads no ES modules; the files of the inbox page are copied unchanged. */
// oxlint-disable-next-line import/no-default-export -- what tsdown reads
export default defineConfig({
  entry: ["index", "main", "redirect", "node-test", "vitest", "jest"].map((name) => `src/${name}.ts`),
  format: ["esm", "cjs"],
  platform: "node",
  target: "node20",
  fixedExtension: false,
  dts: { generator: "oxc" },
  sourcemap: true,
  outputOptions: { dynamicImportInCjs: false },
  copy: [{ from: "src/page", to: "dist" }],
  publint: { level: "error" },
  attw: { profile: "node16", level: "error" },
});
