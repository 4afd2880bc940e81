import { runTogether } from "../support/run-together.ts";

runTogether(["test/functions/{pbx,phone}/*.test.ts"]);
