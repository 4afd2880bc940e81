// Takes the pictures of README.md, docs/local-stack.md and docs/iphones.md, and of their Korean pages: npm run docs:screenshots
import { join } from "node:path";
import type { Locator, Page } from "playwright-core";
import { placeDemoRings } from "../../local/stack/demo-rings.ts";
import { seedStatistics } from "../../local/stack/demo-statistics.ts";
import { secondDemo } from "../../local/stack/demo.ts";
import type { ConsoleOnPage } from "./console-page.ts";
import { setUp } from "./setup.ts";
import type { VirtualPage } from "./virtual-page.ts";

const docs = join(import.meta.dirname, "../../docs");
const pictures = {
  // First: the other pictures leave phones of the user whose lost phone it shows.
  console: async () => {
    await Promise.all([placeDemoRings(setup.stack.fcm), seedStatistics()]);
    await takeConsole(await setup.openConsole({ viewport: { width: 1180, height: 860 } }));
  },
  android: async () => takeAndroid(await setup.open({ width: 1180, height: 890 })),
  // So wide that a phone has its trace beside it, and no second phone.
  iphone: async () => takeIphone(await setup.open({ width: 790, height: 1000 })),
};

// All of them, or those that are named: npm run docs:screenshots console
const wanted = process.argv.slice(2);
const setup = await setUp();
try {
  for (const [name, take] of Object.entries(pictures)) {
    if (wanted.length === 0 || wanted.includes(name)) await take();
  }
} finally {
  await setup.close();
}

async function takeAndroid(page: VirtualPage): Promise<void> {
  await page.place();
  await page.phone(1).ringing("홍길동").waitFor();
  await page.untilStep("READY");
  await takeInBothLanguages(page, page.page, "virtual-phone");
  await page.close();
}

async function takeIphone(page: VirtualPage): Promise<void> {
  const phone = page.phone(2);
  await page.addPhone(2, secondDemo.email, "an iPhone");
  await page.place({ line: secondDemo.exten });
  await phone.ringing("홍길동").waitFor();
  await phone.untilTraced("Reported ready");
  await takeInBothLanguages(page, page.page.locator(".phone").nth(1), "virtual-iphone");
  await page.close();
}

/** The overview, then a verdict: with the language that it is taken in last, the second picture needs no way back. */
async function takeConsole(shown: ConsoleOnPage): Promise<void> {
  await shown.enter();
  await shown.row(secondDemo.exten).waitFor();
  await shown.page.locator(".plot canvas").nth(2).waitFor();
  await takeInBothLanguages(shown, shown.page, "console-overview");
  await shown.page.getByRole("button", { name: "English" }).click();
  await shown.row(secondDemo.exten).getByRole("link").click();
  await shown.page.locator(".finding").first().waitFor();
  await takeInBothLanguages(shown, shown.page, "console-verdict");
  await shown.close();
}

async function takeInBothLanguages(
  { page }: { readonly page: Page },
  subject: Page | Locator,
  name: string,
): Promise<void> {
  await page.mouse.move(0, 0);
  await subject.screenshot({ path: join(docs, `${name}.png`) });
  await page.getByRole("button", { name: "한국어" }).click();
  await page.mouse.move(0, 0);
  await subject.screenshot({ path: join(docs, `${name}.ko.png`) });
}
