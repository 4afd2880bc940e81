import { z } from "zod";
import { parseInput } from "../parse-input.ts";
import type { Asked, DeedRow } from "./deed.ts";
import { audit } from "./deeds/audit.ts";
import { call } from "./deeds/call.ts";
import { calls } from "./deeds/calls.ts";
import { campaigns, run, switchCampaign } from "./deeds/campaigns.ts";
import { device, devices, forgetDevice } from "./deeds/devices.ts";
import { doctor } from "./deeds/doctor.ts";
import { addKey, keys, revokeKeys, rotateKey } from "./deeds/keys.ts";
import { assignLine, lines, unassignLine } from "./deeds/lines.ts";
import { overview } from "./deeds/overview.ts";
import { probe } from "./deeds/probe.ts";
import { cancelPush, pushes } from "./deeds/pushes.ts";
import { session } from "./deeds/session.ts";
import { tail } from "./deeds/tail.ts";
import type { AnswerTo, Deed } from "./wire.ts";

/** Everything that an operator can ask for. */
export const deeds: { readonly [Do in Deed]: DeedRow<Do> } = {
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
const names = Object.keys(deeds) as Deed[];

const named = z.looseObject({ do: z.enum(names) });

/** Does what an operator asks for. */
export async function perform(asked: Asked, data: unknown): Promise<AnswerTo<Deed>> {
  const { do: name, ...input } = parseInput(named, data);
  const row: DeedRow<Deed> = deeds[name];
  return row.run(asked, parseInput(row.input, input));
}
