/** Google's hosts that the emulator serves: FCM, topics, and access tokens at their new and old hosts. */
export const GOOGLE_HOSTS: readonly string[] = [
  "fcm.googleapis.com",
  "iid.googleapis.com",
  "oauth2.googleapis.com",
  "www.googleapis.com",
];

/** Apple's hosts, by their environment. */
export const APPLE_HOSTS = { production: "api.push.apple.com", sandbox: "api.sandbox.push.apple.com" } as const;
