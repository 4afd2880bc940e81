/** The two tones of the ring and its rhythm: one second on, two off, as in Korea. */
const frequencies = [440, 480];
const rhythm = { onSeconds: 1, everyMs: 3_000 };
const volume = 0.08;

/** Plays the ring tone. Browsers allow sound only after a user action, so call `allow` in a click handler. */
export class RingTone {
  #audio: AudioContext | undefined;
  #timer: number | undefined;
  #sounding: AudioNode | undefined;

  /** Whether the user has switched it on. */
  get isAllowed(): boolean {
    return this.#audio !== undefined;
  }

  allow(): void {
    this.#audio ??= new AudioContext();
  }

  forbid(): void {
    this.ring(false);
    void this.#audio?.close();
    this.#audio = undefined;
  }

  /** Starts or stops ringing. */
  ring(isRinging: boolean): void {
    if (!isRinging || this.#audio === undefined) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      this.#sounding?.disconnect();
      return;
    }
    if (this.#timer !== undefined) return;
    this.#ringOnce();
    this.#timer = setInterval(() => this.#ringOnce(), rhythm.everyMs);
  }

  #ringOnce(): void {
    const audio = this.#audio;
    if (audio === undefined) return;
    const gain = new GainNode(audio, { gain: volume });
    gain.connect(audio.destination);
    this.#sounding = gain;
    for (const frequency of frequencies) {
      const tone = new OscillatorNode(audio, { frequency });
      tone.connect(gain);
      tone.start();
      tone.stop(audio.currentTime + rhythm.onSeconds);
    }
  }
}
