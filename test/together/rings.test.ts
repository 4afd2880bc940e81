import { runTogether } from "../support/run-together.ts";

runTogether(["test/functions/rings/*.test.ts"]);
