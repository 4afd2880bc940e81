import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import type { PackedKit } from "./packed-kit.ts";

/** An npm registry that has the kit, and redirects requests for other packages to the usual registry. */
export async function startRegistry({ tarball, packageJson }: PackedKit) {
  const usual = (await promisify(execFile)("npm", ["config", "get", "registry"])).stdout.trim();
  const archive = await readFile(tarball);
  const { name, version } = packageJson;
  const integrity = `sha512-${createHash("sha512").update(archive).digest("base64")}`;
  const server = createServer(({ url = "" }, response) => {
    if (url === "/kit.tgz") return response.end(archive);
    if (url !== `/${name}`) return response.writeHead(307, { location: new URL(url.slice(1), usual).href }).end();
    const dist = { tarball: `${origin}/kit.tgz`, integrity };
    const versions = { [version]: { ...packageJson, dist, _hasShrinkwrap: true } };
    return response.end(JSON.stringify({ name, versions, "dist-tags": { latest: version } }));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { origin, close: () => server.close().closeAllConnections() };
}
