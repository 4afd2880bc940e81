/** Where npm finds its registry and whom it trusts. */
const settings = new Set([
  "npm_config_globalconfig",
  "npm_config_userconfig",
  "npm_config_registry",
  "npm_config_cafile",
]);

/** This process's environment without what npm and Node's test runner tell the scripts of a repository: for what runs outside. */
export const outsideEnvironment: Readonly<Record<string, string | undefined>> = Object.fromEntries(
  Object.entries(process.env).filter(([key]) => settings.has(key) || !/^(npm_|NODE_TEST_CONTEXT)/.test(key)),
);
