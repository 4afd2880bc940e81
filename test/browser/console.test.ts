// One process and one stack for all suites: the stack takes half a minute to start, and its ports are fixed.
import { after } from "node:test";
import { describeConsoleCalls } from "./console-calls.suite.ts";
import { describeConsoleLogin } from "./console-login.suite.ts";
import { describeConsoleLook } from "./console-look.suite.ts";
import { describeConsoleWork } from "./console-work.suite.ts";
import { seedStatistics } from "../../local/stack/demo-statistics.ts";
import { setUp } from "./setup.ts";

const setup = await setUp();
await seedStatistics();
after(() => setup.close());

describeConsoleLogin(setup);
describeConsoleCalls(setup);
describeConsoleWork(setup);
describeConsoleLook(setup);
