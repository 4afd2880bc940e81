import { z } from "zod";
import { muteCampaigns as mute } from "../devices/audience/mute-campaigns.ts";
import { registerDevice as register } from "../devices/register-device.ts";
import { unregisterDevice as unregister } from "../devices/unregister-device.ts";
import { findServerSettings } from "../users/user.ts";
import { phoneCallable } from "./callable.ts";
import { muteCampaignsInput, registerDeviceInput, unregisterDeviceInput } from "./schemas.ts";

/** Called at every start of the app and when its registration changes; answers `{extens, serverSettings | null}`. */
export const registerDevice = phoneCallable(registerDeviceInput, async (services, { uid, input }) =>
  register(services, { ...input, uid }),
);

/** Called when the user logs out; answers `{removed}`. */
export const unregisterDevice = phoneCallable(unregisterDeviceInput, async (services, { uid, input }) => ({
  removed: await unregister(services, { ...input, uid }),
}));

/** Called with all campaigns that the user mutes, an empty list for none; answers `{mutedCampaigns}`. */
export const muteCampaigns = phoneCallable(muteCampaignsInput, async (services, { uid, input }) => {
  await mute(services, { ...input, uid });
  return { mutedCampaigns: input.campaigns };
});

/** For clients without the Firestore SDK: `{serverAddress, serverPort, serverSSL}`, or `null` when none are saved. */
export const getServerSettings = phoneCallable(z.object({}), async ({ db }, { uid }) => findServerSettings(db, uid));
