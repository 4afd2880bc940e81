import { runTogether } from "../support/run-together.ts";

runTogether(["test/functions/*.test.ts", "test/functions/{campaigns,devices,messages,pushes}/*.test.ts"]);
