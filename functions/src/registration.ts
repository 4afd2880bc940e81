/**
 * The address of one app install at FCM: a registration token, or the Firebase Installation ID that replaces it.
 */
export interface Registration {
  readonly kind: "token" | "fid";
  readonly value: string;
}

/** A key for maps and sets of registrations. */
export function registrationKey({ kind, value }: { readonly kind: string; readonly value: string }): string {
  return `${kind} ${value}`;
}

/** The registration as it may appear in a log: its kind and first eight characters. */
export function shortenRegistration(registration: Registration): string {
  return `${registration.kind}:${registration.value.slice(0, 8)}…`;
}

// Tokens have 140 and more characters of this alphabet; no word in FCM's texts has 40.
const looksLikeToken = /[\w:%-]{40,}/g;

/** A text from FCM in which the registration, and anything that looks like one, is cut to eight characters. */
export function hideRegistration(text: string, value: string): string {
  const hidden = value.length > 8 ? text.replaceAll(value, `${value.slice(0, 8)}…`) : text;
  return hidden.replace(looksLikeToken, (word) => `${word.slice(0, 8)}…`).slice(0, 500);
}
