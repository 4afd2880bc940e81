// The same patterns as isHost() in firestore.rules: clients write this field themselves.

const label = "[A-Za-z0-9](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?";
const octet = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";
const group = "[0-9A-Fa-f]{1,4}";
const groups = `(?:${group}(?::${group}){0,5})?`;

const name = new RegExp(`^${label}(?:[.]${label})*$`);
/** Browsers parse a name whose last label is a number as an IPv4 address. */
const numberAtTheEnd = /(?:^|[.])(?:[0-9]+|0[Xx][0-9A-Fa-f]*)$/;
const ipv4 = new RegExp(`^${octet}(?:[.]${octet}){3}$`);
const ipv6 = new RegExp(`^\\[(?:(?:${group}:){7}${group}|${groups}::${groups})\\]$`);

/** Whether a text is a host as in a URL: a name, an IPv4 address, or an IPv6 address in brackets. */
export function isHost(address: string): boolean {
  if (address.length > 253) return false;
  return (name.test(address) && !numberAtTheEnd.test(address)) || ipv4.test(address) || ipv6.test(address);
}
