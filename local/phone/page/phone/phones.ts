import type { PhoneConfig } from "../../wire.ts";
import type { Platform } from "../stack/push.ts";
import { saveDemoToken } from "../stack/page-server.ts";
import { PushService } from "../stack/push-service.ts";
import { Session } from "../stack/session.ts";
import { Handset } from "./handset.ts";
import { takePhone, takeConnection, type Release } from "./locks.ts";
import { loadPhones, savePhones, type SavedPhone } from "./saved-phones.ts";

/** Options shared by the phones of a tab. */
export interface PhonesOptions {
  readonly config: PhoneConfig;
  readonly locale: () => string;
  readonly onChange: () => void;
  readonly hangUpLeg: (linkedId: string) => void;
  /** A phone's name by its number. */
  readonly nameOf: (number: number) => string;
}

interface PhoneSlot {
  readonly handset: Handset;
  readonly release: Release;
}

/** The phones of this tab. */
export class Phones {
  readonly #options: PhonesOptions;
  readonly #pushes: PushService;
  readonly #sessions: ReadonlyMap<string, Session>;
  #slots: readonly PhoneSlot[] = [];

  constructor(options: PhonesOptions) {
    const { fcmUrl, authUrl, users } = options.config;
    this.#options = options;
    this.#pushes = new PushService(fcmUrl);
    this.#sessions = new Map(users.map((user) => [user.email, new Session(authUrl, user)]));
  }

  get handsets(): readonly Handset[] {
    return this.#slots.map(({ handset }) => handset);
  }

  /** Restores the phones after a reload. A new tab gets the stack's demo phone or, if another tab has it, a new phone. */
  async restore(): Promise<void> {
    const saved = loadPhones();
    for (const phone of saved) await this.#addPhone(phone, true);
    if (saved.length > 0 && this.#slots.length > 0) return;
    const { demoPhone, users } = this.#options.config;
    const isFirst = await this.#addPhone(buildPhone(1, users[0].email, demoPhone.deviceId, "android"), false);
    if (!isFirst) await this.add(users[0].email, "android");
  }

  /** Adds a phone of that user; false if the browser cannot connect more. */
  async add(email: string, platform: Platform): Promise<boolean> {
    const last = Math.max(0, ...this.handsets.map(({ state }) => state.saved.number));
    return this.#addPhone(buildPhone(last + 1, email, `virtual-${crypto.randomUUID()}`, platform), false);
  }

  /** Removes a phone. If the service cannot unregister it, rejects and keeps it. */
  async remove(handset: Handset): Promise<void> {
    await handset.remove();
    this.#slots.find((slot) => slot.handset === handset)?.release();
    this.#slots = this.#slots.filter((slot) => slot.handset !== handset);
    this.#change();
  }

  async #addPhone(saved: SavedPhone, isReloaded: boolean): Promise<boolean> {
    const session = this.#sessions.get(saved.email);
    const releasePhone = session === undefined ? undefined : await takePhone(saved.deviceId, isReloaded);
    if (session === undefined || releasePhone === undefined) return false;
    const releaseConnection = await takeConnection();
    if (releaseConnection === undefined) {
      releasePhone();
      return false;
    }
    const release = () => {
      releasePhone();
      releaseConnection();
    };
    const handset = this.#build(saved, session);
    this.#slots = [...this.#slots, { handset, release }];
    void handset.start();
    return true;
  }

  #build(saved: SavedPhone, session: Session): Handset {
    const { config, locale, hangUpLeg, nameOf } = this.#options;
    const { demoPhone, functionsUrl } = config;
    const spareToken = saved.deviceId === demoPhone.deviceId ? demoPhone.token : undefined;
    const onChange = () => this.#change();
    const onInstalled = async (token: string) => {
      if (saved.deviceId === demoPhone.deviceId) await saveDemoToken(token);
    };
    const pushes = this.#pushes;
    return new Handset({
      saved,
      spareToken,
      pushes,
      functionsUrl,
      session,
      locale,
      onChange,
      hangUpLeg,
      nameOf,
      onInstalled,
    });
  }

  #change(): void {
    savePhones(this.handsets.map(({ state }) => state.saved));
    this.#options.onChange();
  }
}

/** A new phone starts in the background, so that a push can wake it, and an iPhone locked. */
function buildPhone(number: number, email: string, deviceId: string, platform: Platform): SavedPhone {
  const ios = { isLocked: true, forgetsToReport: false, misses: 0 };
  return { number, platform, email, deviceId, mode: "background", ...(platform === "ios" && { ios }) };
}
