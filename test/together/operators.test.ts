import { runTogether } from "../support/run-together.ts";

runTogether(["test/{admin,deploy,monitoring}/*.test.ts"]);
