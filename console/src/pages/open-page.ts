import type { ConsolePage, Tools } from "../state/page.ts";
import type { Route, Section } from "../state/route.ts";
import { AuditPage } from "./audit/audit-page.ts";
import { CallPage } from "./calls/call-page.ts";
import { CallsPage } from "./calls/calls-page.ts";
import { CampaignsPage } from "./campaigns/campaigns-page.ts";
import { DoctorPage } from "./doctor/doctor-page.ts";
import { KeysPage } from "./keys/keys-page.ts";
import { LinesPage } from "./lines/lines-page.ts";
import { OverviewPage } from "./overview/overview-page.ts";
import { PhonePage } from "./phones/phone-page.ts";
import { PhonesPage } from "./phones/phones-page.ts";
import { PushesPage } from "./pushes/pushes-page.ts";

type Open = (tools: Tools, route: Route) => ConsolePage;

const pages: Readonly<Record<Section, Open>> = {
  overview: (tools) => new OverviewPage(tools),
  calls: (tools, { path: [call], query }) =>
    call === undefined ? new CallsPage(tools, query) : new CallPage(tools, call, query),
  phones: (tools, { path: [uid, deviceId], query }) =>
    uid === undefined || deviceId === undefined
      ? new PhonesPage(tools, query)
      : new PhonePage(tools, { uid, deviceId }),
  lines: (tools, { query }) => new LinesPage(tools, query),
  keys: (tools) => new KeysPage(tools),
  campaigns: (tools) => new CampaignsPage(tools),
  pushes: (tools, { query }) => new PushesPage(tools, query),
  doctor: (tools) => new DoctorPage(tools),
  audit: (tools) => new AuditPage(tools),
};

/** Opens the page of a place. */
export function openPage(tools: Tools, route: Route): ConsolePage {
  return pages[route.section](tools, route);
}
