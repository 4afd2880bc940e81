import { setTimeout as delay } from "node:timers/promises";
import { startPushEmulator, type PushEmulator } from "../../packages/push-emulator/src/emulator.ts";
import type { TestFunctions } from "../support/functions.ts";
import type { ScriptedDatabase, ScriptedFirestore } from "../support/scripted-firestore/scripted-firestore.ts";
import { startInstance, type Instance } from "./instance.ts";
import { shapes } from "./life.ts";
import { createTurnableClock, type TurnableClock } from "./turnable-clock.ts";

/** A phone of a cell, with its first owner. */
export interface CellPhone {
  readonly uid: string;
  readonly deviceId: string;
  token: string;
}

/** The users, numbers and phones of a shape. */
export interface Cell {
  readonly uids: readonly string[];
  readonly extens: readonly string[];
  readonly owners: ReadonlyMap<string, string>;
  readonly phones: readonly CellPhone[];
}

/** The environment of one life at a time: a database, an FCM, a clock and two instances of the service. */
export interface Site {
  readonly clock: TurnableClock;
  readonly fcm: PushEmulator;
  readonly database: ScriptedDatabase;
  readonly instances: readonly [Instance, Instance];
  /** Called each time FCM has answered a push. */
  onSent: () => void;
  /** The cell of a shape, registered on first use. */
  cell(shape: number): Promise<Cell>;
  /** Replaces dead instances with new ones. */
  revive(): Promise<void>;
  close(): Promise<void>;
}

/** Starts a site; the ids of its users, phones and instances begin with its name. */
export async function startSite(functions: TestFunctions, firestore: ScriptedFirestore, name: string): Promise<Site> {
  const clock = createTurnableClock();
  const database = firestore.database(name, () => clock.now());
  const fcm = await startPushEmulator({ port: 0, projectId: functions.projectId });
  const start = (nth: number) => {
    const around = { functions, firestore, database: name, fcm, clock, onSent: () => site.onSent() };
    return startInstance(around, `${name}-${nth}`);
  };
  const instances: [Instance, Instance] = [await start(0), await start(1)];
  const cells = new Map<number, Cell>();
  const site: Site = {
    clock,
    fcm,
    database,
    instances,
    onSent: () => undefined,
    cell: async (shape) => {
      const known = cells.get(shape) ?? (await buildCell(site, `${name}s${shape}`, shape));
      cells.set(shape, known);
      return known;
    },
    revive: async () => {
      for (const [nth, instance] of instances.entries()) {
        if (!instance.isDead) continue;
        instances[nth] = await start(nth);
        void instance.close();
        database.endTransactions();
      }
    },
    close: async () => {
      await Promise.all(instances.map((instance) => instance.close()));
      await fcm.close();
    },
  };
  return site;
}

async function buildCell({ instances: [instance], fcm }: Site, name: string, shape: number): Promise<Cell> {
  const owners = new Map<string, string>();
  const phones: CellPhone[] = [];
  const uids = shapes[shape]!.map((_, nth) => `${name}u${nth}`);
  for (const [nth, { extens, phones: count }] of shapes[shape]!.entries()) {
    const uid = uids[nth]!;
    for (let one = 0; one < extens; one += 1) {
      const exten = `07${String(shape)}${nth}${one}`;
      owners.set(exten, uid);
      const { status } = await instance.pbx("PUT", `/lines/${exten}`, { uid });
      if (status !== 200) throw new Error(`The line of ${exten} was answered ${status}`);
    }
    for (let one = 0; one < count; one += 1) {
      const phone = { uid, deviceId: `${uid}-${one}`, token: fcm.createRegistration().token };
      await instance.register(uid, phone.deviceId, phone.token);
      phones.push(phone);
    }
  }
  return { uids, extens: [...owners.keys()], owners, phones };
}

/** Waits in real time. */
export async function sleep(ms: number): Promise<void> {
  if (ms > 0) await delay(ms);
}
