// One process and one stack for all suites: the stack takes half a minute to start, and its ports are fixed.
import { after } from "node:test";
import { describeCallers } from "./callers.suite.ts";
import { describeCalls } from "./calls.suite.ts";
import { describeIphone } from "./iphone.suite.ts";
import { describePage } from "./page.suite.ts";
import { describePagesLook } from "./pages-look.suite.ts";
import { describeReachability } from "./reachability.suite.ts";
import { setUp } from "./setup.ts";

const setup = await setUp();
after(() => setup.close());

describeCalls(setup);
describeCallers(setup);
describeReachability(setup);
describeIphone(setup);
describePage(setup);
describePagesLook(setup);
