import type { DemoCall } from "./demo-call.ts";
import { demo, demoOperator, functionsUrl } from "./demo.ts";
import { emulatorLog } from "./emulators.ts";
import { host, offset, offsetSetting, ports, projectId } from "./ports.ts";

/** One call, with a line for each step, and the message that the phone got. */
export function describeCall({ steps, data }: DemoCall): string {
  const lines = steps.map(({ atMs, who, what }) => `${String(atMs).padStart(7)} ms  ${who.padEnd(16)}  ${what}`);
  return [
    "",
    "One call, step by step:",
    "",
    ...lines,
    "",
    "What the app on the phone reads (the whole message is in the push inbox):",
    "",
    ...JSON.stringify(data, undefined, 2)
      .split("\n")
      .map((line) => `  ${line}`),
    "",
  ].join("\n");
}

/** The addresses of the stack, and commands to try. */
export function describeStack(token: string): string {
  return `
Up and running. Ctrl-C stops it.

  Virtual phone  http://${host}:${ports.phonePage}/   (Android phones, iPhones, and a PBX to call them)
  Console        http://${host}:${ports.console}/   (why a phone did not ring; operator ${demoOperator.email}, password ${demoOperator.password})
  PBX API        ${functionsUrl}/pbx   (key ${demo.pbxKey}; /openapi.json describes it)
  Push inbox     http://${host}:${ports.fcm}/   (FCM; APNs on ${ports.apns}, its sandbox on ${ports.apnsSandbox})
  PBX WebSocket  ws://${host}:${ports.hub}   (sends each client's messages to all others)
  Auth           http://${host}:${ports.auth}   (user ${demo.email}, password ${demo.password})
  Firestore      ${host}:${ports.firestore}
  Pub/Sub        ${host}:${ports.pubsub}
  Emulators' log ${emulatorLog}
${describeMove()}
Ring the demo phone (line ${demo.exten}):

  curl -X POST ${functionsUrl}/pbx/calls \\
    -H 'Authorization: Bearer ${demo.pbxKey}' \\
    -d call_id=$(date +%s).1 -d exten=${demo.exten} -d caller_id=01012345678 --data-urlencode caller_name=홍길동

Send the silent push to every phone, as the schedule does every half hour:

  npm run ops -- campaign run saveLocation --project ${projectId}

Send it a plain push:

  curl -X POST ${functionsUrl}/pbx/send \\
    -H 'Authorization: Bearer ${demo.pbxKey}' -H 'Content-Type: application/json' \\
    -d '{"fcm_token":"${token}","title":"수신전화","body":"홍길동","caller_id":"01012345678","caller_name":"홍길동","call_type":"voice"}'

`;
}

/** What \`npm run ops\` needs to find a stack on other ports. */
function describeMove(): string {
  if (offset === 0) return "";
  return `\nThe ports are moved. In another terminal, before npm run ops: export ${offsetSetting}=${offset}\n`;
}
