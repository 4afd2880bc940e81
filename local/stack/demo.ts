import { host, ports, projectId, region } from "./ports.ts";

/** Base URL of the stack's functions. */
export const functionsUrl = `http://${host}:${ports.functions}/${projectId}/${region}`;

/** The first user, line and phone of the stack, so that a first call can ring. */
export const demo = {
  pbxKey: "demo-pbx-key",
  email: "demo@example.com",
  password: "demo-password",
  exten: "07045144801",
  deviceId: "demo-phone",
} as const;

/** The operator of the stack's console. */
export const demoOperator = { email: "operator@example.com", password: demo.password } as const;

/** A colleague without a phone yet, for ring groups. */
export const secondDemo = { email: "demo2@example.com", password: demo.password, exten: "07045144802" } as const;
