import { openDesk } from "./command/desk.ts";
import { runOps } from "./command/program.ts";

process.exitCode = await runOps(process.argv.slice(2), openDesk());
