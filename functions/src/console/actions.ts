import { z } from "zod";
import { parseInput } from "../parse-input.ts";
import type { Asked, ActionDefinition } from "./action.ts";
import { audit } from "./actions/audit.ts";
import { call } from "./actions/call.ts";
import { calls } from "./actions/calls.ts";
import { campaigns, run, switchCampaign } from "./actions/campaigns.ts";
import { device, devices, forgetDevice } from "./actions/devices.ts";
import { doctor } from "./actions/doctor.ts";
import { addKey, keys, revokeKeys, rotateKey } from "./actions/keys.ts";
import { assignLine, lines, unassignLine } from "./actions/lines.ts";
import { overview } from "./actions/overview.ts";
import { probe } from "./actions/probe.ts";
import { cancelPush, pushes } from "./actions/pushes.ts";
import { session } from "./actions/session.ts";
import { tail } from "./actions/tail.ts";
import type { AnswerTo, Action } from "./wire.ts";

/** Every action of the console; `wire.ts` has their types. */
export const actions: { readonly [Do in Action]: ActionDefinition<Do> } = {
  session,
  overview,
  calls,
  tail,
  call,
  devices,
  device,
  forgetDevice,
  lines,
  assignLine,
  unassignLine,
  keys,
  addKey,
  rotateKey,
  revokeKeys,
  campaigns,
  run,
  switchCampaign,
  pushes,
  cancelPush,
  doctor,
  probe,
  audit,
};

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of the table above
const names = Object.keys(actions) as Action[];

const named = z.looseObject({ do: z.enum(names) });

/** Does what an operator asks for. */
export async function perform(asked: Asked, data: unknown): Promise<AnswerTo<Action>> {
  const { do: name, ...input } = parseInput(named, data);
  const definition: ActionDefinition<Action> = actions[name];
  return definition.run(asked, parseInput(definition.input, input));
}
