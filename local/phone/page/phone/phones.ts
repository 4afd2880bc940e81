import type { PhoneConfig } from "../../wire.ts";
import { Fcm } from "../stack/fcm.ts";
import { Session } from "../stack/session.ts";
import { Handset } from "./handset.ts";
import { takePhone, takeSeat, type Release } from "./locks.ts";
import { loadPhones, savePhones, type SavedPhone } from "./saved-phones.ts";

/** What the phones of a tab have in common. */
export interface PhonesOptions {
  readonly config: PhoneConfig;
  readonly locale: () => string;
  readonly onChange: () => void;
  readonly hangUpLeg: (linkedId: string) => void;
}

interface Seated {
  readonly handset: Handset;
  readonly release: Release;
}

/** The phones of this tab. */
export class Phones {
  readonly #options: PhonesOptions;
  readonly #fcm: Fcm;
  readonly #sessions: ReadonlyMap<string, Session>;
  #seated: readonly Seated[] = [];

  constructor(options: PhonesOptions) {
    const { fcmUrl, authUrl, users } = options.config;
    this.#options = options;
    this.#fcm = new Fcm(fcmUrl);
    this.#sessions = new Map(users.map((user) => [user.email, new Session(authUrl, user)]));
  }

  get handsets(): readonly Handset[] {
    return this.#seated.map(({ handset }) => handset);
  }

  /** Brings back the phones from before a reload; a new tab gets the stack's demo phone or, in a second one, its own. */
  async restore(): Promise<void> {
    const saved = loadPhones();
    for (const phone of saved) await this.#seat(phone, true);
    if (saved.length > 0 && this.#seated.length > 0) return;
    const { demoPhone, users } = this.#options.config;
    const isFirst = await this.#seat(buildPhone(1, users[0].email, demoPhone.deviceId), false);
    if (!isFirst) await this.add(users[0].email);
  }

  /** Adds a phone of that user; false when the browser has as many as it can connect. */
  async add(email: string): Promise<boolean> {
    const last = Math.max(0, ...this.handsets.map(({ state }) => state.saved.number));
    return this.#seat(buildPhone(last + 1, email, `virtual-${crypto.randomUUID()}`), false);
  }

  /** Takes a phone away. Rejects, and keeps it, when the service does not let go of it. */
  async remove(handset: Handset): Promise<void> {
    await handset.remove();
    this.#seated.find((seated) => seated.handset === handset)?.release();
    this.#seated = this.#seated.filter((seated) => seated.handset !== handset);
    this.#change();
  }

  async #seat(saved: SavedPhone, isReloaded: boolean): Promise<boolean> {
    const session = this.#sessions.get(saved.email);
    const releasePhone = session === undefined ? undefined : await takePhone(saved.deviceId, isReloaded);
    if (session === undefined || releasePhone === undefined) return false;
    const releaseSeat = await takeSeat();
    if (releaseSeat === undefined) {
      releasePhone();
      return false;
    }
    const release = () => {
      releasePhone();
      releaseSeat();
    };
    const handset = this.#build(saved, session);
    this.#seated = [...this.#seated, { handset, release }];
    void handset.start();
    return true;
  }

  #build(saved: SavedPhone, session: Session): Handset {
    const { config, locale, hangUpLeg } = this.#options;
    const { demoPhone, functionsUrl } = config;
    const spareToken = saved.deviceId === demoPhone.deviceId ? demoPhone.token : undefined;
    const onChange = () => this.#change();
    return new Handset({ saved, spareToken, fcm: this.#fcm, functionsUrl, session, locale, onChange, hangUpLeg });
  }

  #change(): void {
    savePhones(this.handsets.map(({ state }) => state.saved));
    this.#options.onChange();
  }
}

/** A new phone lies there with its screen off: a push is to wake it. */
function buildPhone(number: number, email: string, deviceId: string): SavedPhone {
  return { number, email, deviceId, mode: "background" };
}
