import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import * as fc from "fast-check";
import { DeviceClient, type DeviceInput } from "../../../packages/client/src/device-client.ts";
import { alice, bob, startFunctions, type CallableName, type Person } from "../../support/functions.ts";
import { devicePath } from "../../support/line.ts";

const functions = await startFunctions();
after(() => functions.close());
beforeEach(() => functions.clearDatabase());

const deviceId = "phone-1";

/** A network that holds every request until the test lets it arrive. */
class SlowNetwork {
  readonly #held: (() => Promise<void>)[] = [];

  /** A run of the app on this network. */
  start(person: Person): DeviceClient {
    const send = async (name: CallableName, data: unknown): Promise<any> => {
      const { promise, resolve, reject } = Promise.withResolvers<unknown>();
      this.#held.push(async () => {
        const { status, body, text } = await functions.call(name, person, data);
        if (status === 200) resolve(body.result);
        else reject(new Error(text));
      });
      return promise;
    };
    return new DeviceClient({
      deviceId,
      registerDevice: async (input: DeviceInput) => send("registerDevice", input),
      unregisterDevice: async (input) => send("unregisterDevice", input),
    });
  }

  /** Lets the requests arrive, each after the one before it was answered, by their positions. */
  async deliver(...positions: readonly number[]): Promise<void> {
    for (const position of positions) await this.#held[position]?.();
  }

  async deliverAll(): Promise<void> {
    await Promise.all(this.#held.map(async (deliver) => deliver()));
  }
}

function registrationOf(index: number) {
  return { kind: "token", value: `a-registration-token-${index}` } as const;
}

async function readRegistration(person = alice): Promise<string | undefined> {
  return (await functions.services.db.doc(devicePath(deviceId, person)).get()).get("registration")?.value;
}

async function request(client: DeviceClient, index: number, what: "register" | "unregister"): Promise<unknown> {
  if (what === "unregister") return client.unregister();
  return client.register({ platform: "android", registration: registrationOf(index) });
}

describe("a phone whose requests overtake each other", () => {
  it("stays logged out when its slow registration arrives after that", async () => {
    const network = new SlowNetwork();
    const client = network.start(alice);
    const registering = request(client, 0, "register");
    const leaving = client.unregister();
    await network.deliver(1, 0);
    await leaving;
    assert.equal(await registering, undefined);
    assert.equal(await readRegistration(), undefined);
    assert.equal((await functions.services.db.collection("devices").get()).size, 0);
  });

  it("stays registered when the slow end of the session before arrives after that", async () => {
    const network = new SlowNetwork();
    const client = network.start(alice);
    const asked = [request(client, 0, "register"), client.unregister(), request(client, 2, "register")] as const;
    await network.deliver(0, 2, 1);
    await Promise.all(asked);
    assert.equal(await readRegistration(), "a-registration-token-2");
  });

  it("stays with its new user when a slow registration of the former one arrives after that", async () => {
    const network = new SlowNetwork();
    const client = network.start(alice);
    const registering = request(client, 0, "register");
    const leaving = client.unregister();
    const next = network.start(bob).register({ platform: "android", registration: registrationOf(0) });
    await network.deliver(1, 2, 0);
    await Promise.all([registering, leaving, next]);
    assert.deepEqual([await readRegistration(), await readRegistration(bob)], [undefined, "a-registration-token-0"]);
  });

  it("can register again after it has logged out, in the same run of the app and in the next", async () => {
    const network = new SlowNetwork();
    const client = network.start(alice);
    const asked = [client.unregister(), request(client, 1, "register"), client.unregister()];
    await network.deliver(0, 1, 2);
    const again = request(network.start(alice), 3, "register");
    await network.deliver(3);
    await Promise.all([...asked, again]);
    assert.equal(await readRegistration(), "a-registration-token-3");
  });

  it("rejects when a request fails that no later one has overtaken, and only then", async () => {
    const client = new DeviceClient({
      deviceId,
      registerDevice: () => Promise.reject(new Error("no network")),
      unregisterDevice: () => Promise.reject(new Error("no network")),
    });
    const first = request(client, 0, "register");
    const second = client.unregister();
    assert.equal(await first, undefined);
    await assert.rejects(second, /no network/);
  });

  it("is as its app asked for last, whatever the order of arrival", { timeout: 60_000 }, async () => {
    const kinds = fc.array(fc.constantFrom("register" as const, "unregister" as const), { minLength: 2, maxLength: 5 });
    const plans = kinds.chain((asked) => {
      const positions = asked.map((_, index) => index);
      const all = { minLength: asked.length, maxLength: asked.length };
      return fc.record({ asked: fc.constant(asked), order: fc.option(fc.shuffledSubarray(positions, all)) });
    });
    await fc.assert(
      fc.asyncProperty(plans, async ({ asked, order }) => {
        await functions.clearDatabase();
        const network = new SlowNetwork();
        const client = network.start(alice);
        const answers = asked.map(async (what, index) => request(client, index, what));
        await (order === null ? network.deliverAll() : network.deliver(...order));
        await Promise.all(answers);
        const last = asked.length - 1;
        assert.equal(await readRegistration(), asked[last] === "register" ? registrationOf(last).value : undefined);
      }),
      { numRuns: 40 },
    );
  });
});
