import { generateKeyPairSync } from "node:crypto";

/** A service account's key in Google's format, for a project that does not exist. */
export function createServiceAccount(projectId: string): Readonly<Record<string, string>> {
  const { privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  return {
    type: "service_account",
    project_id: projectId,
    client_email: `sender@${projectId}.iam.gserviceaccount.com`,
    private_key: privateKey,
    token_uri: "https://oauth2.googleapis.com/token",
  };
}
