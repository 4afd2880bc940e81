import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { glob, readFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { describe, it } from "node:test";

const root = join(import.meta.dirname, "../..");
const source = join(root, "functions/src");
const page = await readFile(join(root, "docs/rings.md"), "utf8");

/** An arrow of the drawing: one file calls the next. */
type Arrow = `${string} → ${string}`;

/** The drawings in a section's code blocks, each as its lines. */
function findDrawings(heading: string): readonly (readonly string[])[] {
  const [, part = ""] = page.split(`## ${heading}\n`);
  const [text = ""] = part.split("\n## ");
  return [...text.matchAll(/```\n(.*?)```/gs)].map(([, drawing = ""]) => drawing.split("\n"));
}

/** The files of a drawing from top to bottom, without those on a branch. */
function findStages(drawing: readonly string[]): readonly string[] {
  return drawing.flatMap((line) => /^[\w/-]+\.ts/.exec(line) ?? []);
}

/**
 * The arrows of a drawing: from each stage to the next, and from the stage where a line leaves at the right to the one where
 * it arrives.
 */
function findArrows(drawing: readonly string[]): ReadonlySet<Arrow> {
  const stages = findStages(drawing);
  const steps = stages.slice(1).map((stage, index): Arrow => `${stages[index]!} → ${stage}`);
  const [start] = findStages(drawing.filter((line) => line.endsWith("┐") || line.includes("┐ ")));
  const [end] = findStages(drawing.filter((line) => line.includes("◀") && line.endsWith("┘")));
  assert.equal(start === undefined, end === undefined, "a line that leaves a stage must arrive at one");
  return new Set(start === undefined || end === undefined ? steps : [...steps, `${start} → ${end}` as const]);
}

/** The files of `functions/src` that a file imports, type imports included. */
async function findImports(file: string): Promise<readonly string[]> {
  const text = await readFile(join(source, file), "utf8");
  const targets = [...text.matchAll(/(?:\bfrom|\bimport\(|\bimport)\s*"(\.[^"]+)"/g)].map(([, target = ""]) => target);
  return targets.map((target) => relative(source, join(source, dirname(file), target)));
}

/** The goals that a file reaches by imports; the search ends at each goal. */
async function findReached(file: string, goals: ReadonlySet<string>): Promise<ReadonlySet<string>> {
  const seen = new Set<string>();
  const reached = new Set<string>();
  const visit = async (from: string): Promise<void> => {
    for (const target of await findImports(from)) {
      if (goals.has(target)) reached.add(target);
      else if (!seen.has(target)) {
        seen.add(target);
        await visit(target);
      }
    }
  };
  await visit(file);
  return reached;
}

describe("the drawings of the rings", () => {
  const [announcement = [], ...others] = findDrawings("Code paths");
  const stages = findStages(announcement);
  const drawn = findArrows(announcement);

  it("for an announcement: begin at the PBX's route and have every file of announce/ that is no tool", async () => {
    assert.equal(stages[0], "pbx/routes/calls.ts");
    assert.equal(stages.at(-1), "rings/send-ends.ts");
    const tools = new Set([
      "announcement.ts",
      "apply-pushed.ts",
      "earlier-ring.ts",
      "find-phones.ts",
      "judge.ts",
      "push-facts.ts",
      "push-to-device.ts",
      "settle-late.ts",
    ]);
    const files = await Array.fromAsync(glob("*.ts", { cwd: join(source, "rings/announce") }));
    assert.deepEqual(
      files.filter((file) => !tools.has(file)).toSorted(),
      stages.flatMap((stage) => stage.split("rings/announce/")[1] ?? []).toSorted(),
    );
  });

  it("for an announcement: match the code: a stage imports the stages that its arrows lead to, and no other", async () => {
    const imported = await Promise.all(
      stages.map(async (stage) => {
        const imports = await findImports(stage);
        return imports.filter((target) => stages.includes(target)).map((target): Arrow => `${stage} → ${target}`);
      }),
    );
    assert.deepEqual(imported.flat().toSorted(), [...drawn].toSorted());
  });

  it("for an announcement: have no way back, and no detour through a tool", async () => {
    const goals = new Set(stages);
    // The route imports the other operations too, which lead to the same phones.
    for (const stage of stages.slice(1)) {
      for (const target of await findReached(stage, goals)) {
        assert.ok(stages.indexOf(target) > stages.indexOf(stage), `${stage} reaches ${target}`);
        assert.ok(drawn.has(`${stage} → ${target}`), `${stage} reaches ${target} and the page does not say so`);
      }
    }
  });

  it("for an end and for a report: branch as drawn", async () => {
    assert.equal(others.length, 2);
    for (const drawing of others) {
      const [trunk = ""] = findStages(drawing);
      const branches = drawing.flatMap((line) => /[├└] ([\w/-]+\.ts)/.exec(line)?.[1] ?? []);
      assert.ok(branches.length > 0);
      const imports = await findImports(trunk);
      for (const branch of branches) assert.ok(imports.includes(branch), `${trunk} does not import ${branch}`);
    }
  });
});

describe("the page on rings", () => {
  it("lists the tools that exist, and every file of the folder once", async () => {
    const files = await Array.fromAsync(glob("**/*.ts", { cwd: join(source, "rings") }));
    for (const file of files) assert.ok(page.includes(file), `docs/rings.md does not name ${file}`);
    for (const [, named = ""] of page.matchAll(/`((?:[\w-]+\/)*[\w-]+\.ts)`/g)) {
      const places = [join(source, named), join(source, "rings", named), join(source, "rings/announce", named)];
      assert.ok(
        [...places, join(root, named)].some((place) => existsSync(place)),
        named,
      );
    }
  });

  it("has the same table of a phone's states as the code", async () => {
    const { nextPhoneState } = await import("../../functions/src/rings/phone-state.ts");
    const states = ["failed", "accepted", "received", "ready", "answered", "declined", "ended"] as const;
    const rows = page.split("\n").map((line) => line.split("|").slice(1, -1));
    for (const state of [undefined, ...states]) {
      const row = rows.find(([first, ...cells]) => first?.trim() === (state ?? "unknown") && cells.length === 7);
      assert.deepEqual(
        row?.slice(1).map((cell) => cell.trim()),
        states.map((event) => nextPhoneState(state, event)),
        state ?? "unknown",
      );
    }
  });
});
