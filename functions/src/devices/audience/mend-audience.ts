import type { Services } from "../../services.ts";
import { devicesRef } from "../device.ts";
import { countDrift, throwIfAny, type DriftCounts } from "./check-audience.ts";
import type { Part } from "./walk-audience.ts";

/** Two reads for each: at Firestore's highest list price 12 cents a night. */
const devicesPerNight = 100_000;

const dayMs = 24 * 60 * 60 * 1000;

/**
 * Repairs a part of the audience, another one each day; all of it if there are no more than 100,000 devices. A million
 * devices take ten days. Logs the drift that it has repaired and returns it; then throws if some could not be repaired.
 */
export async function mendAudience(services: Services): Promise<DriftCounts> {
  const part = await choosePart(services);
  const { drift, failures } = await countDrift(services, { mend: true, part });
  services.log.info("audience_checked", { part: part.index + 1, parts: part.of });
  if (Object.keys(drift).length > 0) services.log.warn("audience_repaired", { drift });
  throwIfAny(failures);
  return drift;
}

async function choosePart({ db, clock }: Services): Promise<Part> {
  const devices = (await devicesRef(db).count().get()).data().count;
  const nights = Math.max(1, Math.ceil(devices / devicesPerNight));
  return { index: Math.floor(clock.now() / dayMs) % nights, of: nights };
}
