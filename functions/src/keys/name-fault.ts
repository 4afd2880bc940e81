import { isProbe } from "../probe/probe-phones.ts";

/** Why no key is made for a PBX of this name, although the name has the right form; `undefined` if one may be made. */
export function findNameFault(pbxId: string): string | undefined {
  // 64 hex digits have the form of a name, too: pasted by mistake, a key would be recorded.
  if (/^[0-9a-f]{64}$/i.test(pbxId)) return "this looks like a key or its digest: give the PBX's name";
  if (isProbe({ pbxId })) return `${pbxId} is the name of the hourly probe, which makes its keys itself`;
  return undefined;
}
