import { runTogether } from "../support/run-together.ts";

runTogether(["test/functions/console/*.test.ts"]);
