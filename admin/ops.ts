import { reportError, wantsJson } from "./command/report-error.ts";

const args = process.argv.slice(2);
try {
  // Imported here, since the setting of the local stack's ports is read on import and may be wrong.
  const [{ createContext }, { runOps }] = await Promise.all([
    import("./command/context.ts"),
    import("./command/program.ts"),
  ]);
  process.exitCode = await runOps(args, createContext());
} catch (error) {
  const output = { out: process.stdout, err: process.stderr };
  process.exitCode = reportError(error, output, { json: wantsJson(args), helpCommand: "npm run ops -- --help" });
}
