import assert from "node:assert/strict";

const errors: unknown[] = [];
for (const event of ["uncaughtException", "unhandledRejection"] as const) {
  process.on(event, (error: unknown) => errors.push(error));
}

/** The prototypes that every object inherits from, and their property names when this process started. */
const prototypes = [Object.prototype, Array.prototype, String.prototype, Function.prototype].map((prototype) => ({
  prototype,
  names: new Set(Reflect.ownKeys(prototype)),
}));

/** Fails when there was an uncaught error, or a prototype has a new property, which is removed. */
export function requireIntactProcess(): void {
  assert.deepEqual(errors.splice(0), []);
  for (const { prototype, names } of prototypes) {
    const added = Reflect.ownKeys(prototype).filter((name) => !names.has(name));
    for (const name of added) Reflect.deleteProperty(prototype, name);
    assert.deepEqual(added, [], "A prototype is polluted");
    assert.equal(Reflect.ownKeys(prototype).length, names.size);
  }
}
