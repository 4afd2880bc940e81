// One process and one stack for all suites: the stack takes half a minute to start, and its ports are fixed.
import { after } from "node:test";
import { describeCallers } from "./callers.suite.ts";
import { describeCalls } from "./calls.suite.ts";
import { describePage } from "./page.suite.ts";
import { describeReachability } from "./reachability.suite.ts";
import { startStage } from "./stage.ts";

const stage = await startStage();
after(() => stage.close());

describeCalls(stage);
describeCallers(stage);
describeReachability(stage);
describePage(stage);
