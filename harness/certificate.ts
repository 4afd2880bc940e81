import { generate } from "selfsigned";

/** A throwaway certificate for 127.0.0.1 and localhost; `cert` is also the authority to trust. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

/** Makes a certificate that is valid for a day, also for `names`. */
export async function createCertificate(names: readonly string[] = []): Promise<Certificate> {
  const { private: key, cert } = await generate([{ name: "commonName", value: "localhost" }], {
    algorithm: "sha256",
    keyType: "ec",
    curve: "P-256",
    extensions: [
      { name: "basicConstraints", cA: true },
      {
        name: "subjectAltName",
        altNames: [
          { type: 2, value: "localhost" },
          { type: 7, ip: "127.0.0.1" },
          ...names.map((value) => ({ type: 2, value }) as const),
        ],
      },
    ],
  });
  return { key, cert };
}
