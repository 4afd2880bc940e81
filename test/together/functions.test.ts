import { runTogether } from "../support/run-together.ts";

runTogether(["test/functions/*.test.ts", "test/functions/{campaigns,devices,keys,messages,pushes,users}/*.test.ts"]);
