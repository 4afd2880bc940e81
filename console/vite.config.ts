import { join } from "node:path";
import { defineConfig } from "vite";

/** The folder of the built page, which Firebase Hosting deploys and the local stack serves. */
const builtFolder = join(import.meta.dirname, "dist");

// Files with a hash in their names, no inline script or style: the page's Content Security Policy allows neither.
// oxlint-disable-next-line import/no-default-export -- what vite reads
export default defineConfig({
  root: import.meta.dirname,
  logLevel: "warn",
  build: {
    outDir: builtFolder,
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The Auth SDK is most of it.
    chunkSizeWarningLimit: 1024,
  },
});
