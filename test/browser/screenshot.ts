// Takes the pictures of README.md and README.ko.md: npm run docs:screenshots
import { join } from "node:path";
import { setUp } from "./setup.ts";

const docs = join(import.meta.dirname, "../../docs");
const setup = await setUp();
try {
  const page = await setup.open({ width: 1180, height: 890 });
  await page.place();
  await page.phone(1).ringing("홍길동").waitFor();
  await page.untilStep("READY");
  await page.page.mouse.move(0, 0);
  await page.page.screenshot({ path: join(docs, "virtual-phone.png") });
  await page.page.getByRole("button", { name: "한국어" }).click();
  await page.page.mouse.move(0, 0);
  await page.page.screenshot({ path: join(docs, "virtual-phone.ko.png") });
  await page.close();
} finally {
  await setup.close();
}
