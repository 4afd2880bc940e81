// Takes the pictures of README.md and docs/iphones.md, and of their Korean pages: npm run docs:screenshots
import { join } from "node:path";
import type { Locator, Page } from "playwright-core";
import { secondDemo } from "../../local/stack/demo.ts";
import { setUp } from "./setup.ts";
import type { VirtualPage } from "./virtual-page.ts";

const docs = join(import.meta.dirname, "../../docs");
const setup = await setUp();
try {
  await takeAndroid(await setup.open({ width: 1180, height: 890 }));
  // So wide that a phone has its trace beside it, and no second phone.
  await takeIphone(await setup.open({ width: 790, height: 1000 }));
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

async function takeInBothLanguages({ page }: VirtualPage, subject: Page | Locator, name: string): Promise<void> {
  await page.mouse.move(0, 0);
  await subject.screenshot({ path: join(docs, `${name}.png`) });
  await page.getByRole("button", { name: "한국어" }).click();
  await page.mouse.move(0, 0);
  await subject.screenshot({ path: join(docs, `${name}.ko.png`) });
}
