import { findFreePort } from "../../local/sockets.ts";
import type { AsteriskParts } from "./asterisk.ts";
import type { SipPhone } from "./sip-phone.ts";

const modules = [
  "bridge_native_rtp bridge_builtin_features chan_pjsip codec_ulaw func_pjsip_endpoint res_pjproject",
  "res_pjsip res_pjsip_caller_id res_pjsip_dtmf_info res_pjsip_endpoint_identifier_anonymous res_pjsip_endpoint_identifier_user",
  "res_pjsip_header_funcs res_pjsip_pubsub res_pjsip_refer res_pjsip_registrar res_pjsip_rfc3326 res_pjsip_sdp_rtp",
  "res_pjsip_session res_rtp_asterisk res_sorcery_astdb res_sorcery_config res_sorcery_memory",
]
  .join(" ")
  .split(" ");

/** Asterisk's configuration for SIP. */
export interface SipParts extends AsteriskParts {
  /** The UDP port on 127.0.0.1 where it listens. */
  readonly port: number;
}

/**
 * Asterisk's configuration for these phones: each is an endpoint of its name, whose calls start in a context. A call under
 * another name comes from the trunk, whose caller identities Asterisk trusts.
 */
export async function buildSipParts(
  phones: readonly SipPhone[],
  context = "sip",
  registering: readonly SipPhone[] = [],
): Promise<SipParts> {
  const port = await findFreePort();
  for (const phone of [...phones, ...registering]) phone.connect(port);
  const names = new Set([...phones, ...registering].map(({ name }) => name));
  const common = `type=endpoint\ncontext=${context}\ndisallow=all\nallow=ulaw\ndirect_media=no`;
  const files = {
    "pjsip.conf": [
      `[udp]\ntype=transport\nprotocol=udp\nbind=127.0.0.1:${port}`,
      `[anonymous]\n${common}\ntrust_id_inbound=yes`,
      ...[...names].map((name) => `[${name}]\n${common}\naors=${name}`),
      ...phones.map(({ name, uri }) => `[${name}]\ntype=aor\ncontact=${uri}`),
      ...[...new Set(registering.map(({ name }) => name))].map((name) => `[${name}]\ntype=aor\nmax_contacts=20`),
      "",
    ].join("\n"),
    "rtp.conf": "[general]\n",
  };
  return { port, modules, files };
}
