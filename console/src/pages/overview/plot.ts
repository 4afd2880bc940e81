import uPlot from "uplot";

/** The colours of a plot, resolved for the colour scheme. */
export interface PlotColors {
  readonly series: readonly [string, string, string, string];
  readonly ink: string;
  readonly grid: string;
}

/** Builds the options of a plot, but for its size. */
export type BuildOptions = (colors: PlotColors) => Omit<uPlot.Options, "width" | "height">;

const heightPx = 220;

/** A plot that keeps the width of its place and follows the colour scheme. It is for the eye only: a table stands beside it. */
export class Plot {
  readonly element = document.createElement("div");
  readonly #size = new ResizeObserver(() => this.#resize());
  readonly #scheme = matchMedia("(prefers-color-scheme: dark)");
  readonly #redraw = () => this.#draw();
  #build: BuildOptions | undefined;
  #data: uPlot.AlignedData = [[]];
  #chart: uPlot | undefined;

  constructor() {
    this.element.className = "plot";
    this.element.setAttribute("aria-hidden", "true");
    this.#size.observe(this.element);
    this.#scheme.addEventListener("change", this.#redraw);
  }

  /** Shows the data; nothing happens if it is what is shown. */
  show(data: uPlot.AlignedData, build: BuildOptions, isSame: boolean): void {
    if (isSame && this.#chart !== undefined) return;
    this.#data = data;
    this.#build = build;
    this.#draw();
  }

  close(): void {
    this.#size.disconnect();
    this.#scheme.removeEventListener("change", this.#redraw);
    this.#chart?.destroy();
  }

  #draw(): void {
    const width = this.element.clientWidth;
    if (this.#build === undefined || width === 0) return;
    this.#chart?.destroy();
    const options = { ...this.#build(this.#readColors()), width, height: heightPx };
    this.#chart = new uPlot(options, this.#data, this.element);
  }

  #resize(): void {
    const width = this.element.clientWidth;
    if (width === 0 || width === this.#chart?.width) return;
    if (this.#chart === undefined) this.#draw();
    else this.#chart.setSize({ width, height: heightPx });
  }

  /** A canvas knows no CSS variables. */
  #readColors(): PlotColors {
    const probe = this.element.appendChild(document.createElement("span"));
    const read = (name: string) => {
      probe.style.color = `var(--${name})`;
      return getComputedStyle(probe).color;
    };
    const colors: PlotColors = {
      series: [read("plot-1"), read("plot-2"), read("plot-3"), read("plot-4")],
      ink: read("quiet"),
      grid: read("line"),
    };
    probe.remove();
    return colors;
  }
}
