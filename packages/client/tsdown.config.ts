import { defineConfig } from "tsdown";

/** One module and one file of types, which include the types shared with the service. */
// oxlint-disable-next-line import/no-default-export -- what tsdown reads
export default defineConfig({
  entry: "src/index.ts",
  format: "esm",
  platform: "neutral",
  target: "es2022",
  dts: { generator: "oxc" },
  sourcemap: true,
  publint: true,
  attw: { profile: "esm-only" },
});
