import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { findFreePort, waitForPort } from "../../local/sockets.ts";

/** A server whose requests are measured. */
export interface Server {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Debian's Python, which sees Debian's packages. */
const python = "/usr/bin/python3";
const script = fileURLToPath(new URL("../peers/fastapi_server.py", import.meta.url));

/** Starts the FastAPI server that sends to that FCM; rejects with what is missing when it cannot run here. */
export async function startFastApi(options: { fcmHost: string; projectId: string; key: string }): Promise<Server> {
  const port = await findFreePort();
  const child = spawn(python, [script], {
    stdio: ["ignore", "ignore", "pipe"],
    env: {
      FCM_URL: `http://${options.fcmHost}`,
      PROJECT: options.projectId,
      KEY: options.key,
      PORT: String(port),
    },
  });
  const errors: string[] = [];
  child.stderr.setEncoding("utf8").on("data", (text: string) => errors.push(text));
  child.on("error", (error) => errors.push(error.message));
  const exited = once(child, "close").then(() => undefined);
  if (!(await waitForPort(port, exited))) {
    const hint =
      "It needs Debian's python3-fastapi, python3-uvicorn, python3-uvloop, python3-httptools and python3-requests.";
    throw new Error(`The FastAPI server did not start. ${hint}\n${errors.join("")}`);
  }
  return {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    stop: async () => {
      child.kill("SIGKILL");
      await exited;
    },
  };
}
