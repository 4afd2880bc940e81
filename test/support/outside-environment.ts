/** npm's settings for its registry and its certificates. */
const settings = new Set([
  "npm_config_globalconfig",
  "npm_config_userconfig",
  "npm_config_registry",
  "npm_config_cafile",
]);

/**
 * The environment for commands outside the repository: this process's, without the variables that npm and Node's test runner
 * set.
 */
export const outsideEnvironment: Readonly<Record<string, string | undefined>> = Object.fromEntries(
  Object.entries(process.env).filter(([key]) => settings.has(key) || !/^(npm_|NODE_TEST_CONTEXT)/.test(key)),
);
