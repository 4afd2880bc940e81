import { z } from "zod";

// What the Functions emulator of firebase-tools 15 answers at /backends.
const backends = z.object({
  backends: z.array(z.object({ functionTriggers: z.array(z.object({ name: z.string() })).default([]) })),
});

/** The names of the functions that the local stack's emulator has loaded; none if it does not run. */
export async function readLocalFunctions(pbxUrl: string): Promise<readonly string[]> {
  try {
    const response = await fetch(new URL("/backends", pbxUrl));
    const found = backends.parse(await response.json()).backends;
    return found.flatMap(({ functionTriggers }) => functionTriggers.map(({ name }) => name));
  } catch (error) {
    if (error instanceof TypeError) return [];
    throw error;
  }
}
