/** Where a command writes: a terminal or not. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

const barWidth = 30;

/** Without a terminal, a line for every so much of the work. */
const lineEvery = 0.1;

/** Shows how far something has come: a bar that fills in a terminal, a plain line now and then elsewhere. */
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
