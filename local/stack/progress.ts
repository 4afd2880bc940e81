/** How long a start may say nothing, in milliseconds. */
export const quietMs = 4000;

/** Says what is being done. */
export interface Progress {
  /** Says it now, and again with the seconds that have passed while it takes long. */
  readonly say: (doing: string) => void;
  readonly stop: () => void;
}

/** Progress that is printed line by line. */
export function startProgress(print: (line: string) => void): Progress {
  let timer: NodeJS.Timeout | undefined;
  return {
    say: (doing) => {
      clearInterval(timer);
      const startedAt = Date.now();
      print(`… ${doing}`);
      timer = setInterval(() => print(`… ${doing}: ${Math.round((Date.now() - startedAt) / 1000)} s`), quietMs);
    },
    stop: () => clearInterval(timer),
  };
}
