// One process for all suites: loading the Admin SDK takes longer than most of them. Each also runs by itself.
/* oxlint-disable import/no-unassigned-import -- a suite is imported to be run */
import "./aggregates.suite.ts";
import "./documents.suite.ts";
import "./indexes.suite.ts";
import "./listeners.suite.ts";
import "./locks.suite.ts";
import "./orders.suite.ts";
import "./queries.suite.ts";
import "./rpcs.suite.ts";
import "./server.suite.ts";
import "./transactions.suite.ts";
import "./transforms.suite.ts";
import "./values.suite.ts";
import "./web-sdk.suite.ts";
