import type { PhoneDevice } from "../ring.ts";
import { clean } from "./words.ts";

/** What a phone is, as its app said: model, system, version of the app; empty if nothing is known of it. */
export function tellModel(device: PhoneDevice | undefined): string {
  const { model = "", os = device?.platform ?? "", osVersion = "", appVersion } = device ?? {};
  const system = `${os} ${osVersion}`;
  return [model, system, appVersion === undefined ? "" : `app ${appVersion}`].map(clean).filter(Boolean).join(", ");
}
