import { runTogether } from "../support/run-together.ts";

runTogether([
  "test/functions/*.test.ts",
  "test/functions/{campaigns,devices,keys,lines,messages,probe,pushes,statistics,users}/*.test.ts",
]);
