/** An output stream of a command. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

const barWidth = 30;

/** Outside a terminal, a line for each tenth of the work. */
const lineEvery = 0.1;

/** Shows progress: a bar in a terminal, a line for each tenth of the work elsewhere. */
export function createProgressBar(output: Output, label: string): (done: number, total: number) => void {
  let shown = 0;
  let last = -1;
  return (done, total) => {
    if (done === last) return;
    last = done;
    const share = total === 0 ? 1 : done / total;
    const text = `${label} ${done}/${total}`;
    if (output.isTTY === true) {
      const bar = "█".repeat(Math.round(share * barWidth)).padEnd(barWidth, "░");
      output.write(`\r${bar} ${text}${share === 1 ? "\n" : ""}`);
    } else if (share === 1 || share >= shown + lineEvery) {
      shown = share;
      output.write(`${text}\n`);
    }
  };
}
