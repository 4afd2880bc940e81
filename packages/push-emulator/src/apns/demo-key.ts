/** A key that a sender signs provider tokens with. */
export interface ApnsKey {
  readonly keyId: string;
  readonly teamId: string;
  /** The private key, PEM: the text of Apple's `.p8` file. */
  readonly key: string;
}

/**
 * The key that the emulator accepts unless it is given others. It is public, so it protects nothing, and Apple does not know
 * it: its ids only look like Apple's.
 */
export const demoApnsKey: ApnsKey = {
  keyId: "PUBLICDEMO",
  teamId: "DEMOTEAM00",
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgKBWXQPp5sbaDPU3F
oWi2YG9X9zF1J8RJdQY2bNXbnJmhRANCAAQ4730hXDjFbWek/IqRI+M1Rs5Slv6C
kd3ayuG5Mn8MBuW6py7PgzaNG4FI63j18gWYAD0thQlKu0hl7ET0lYCn
-----END PRIVATE KEY-----
`,
};
