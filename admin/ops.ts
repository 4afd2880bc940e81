import { describe } from "./command/errors.ts";

try {
  // Imported here, since the setting of the local stack's ports is read on import and may be wrong.
  const [{ createContext }, { runOps }] = await Promise.all([
    import("./command/context.ts"),
    import("./command/program.ts"),
  ]);
  process.exitCode = await runOps(process.argv.slice(2), createContext());
} catch (error) {
  process.stderr.write(`${describe(error)}\n`);
  process.exitCode = 1;
}
