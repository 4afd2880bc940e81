import { html, nothing } from "lit-html";
import type { KeyRow } from "../../../../functions/src/console/wire.ts";
import { viewBadge, type Tone } from "../../view/badge.ts";
import { viewAgo, viewTime } from "../../view/format.ts";
import type { Column } from "../../view/table.ts";
import { viewRowButton } from "../../view/row-button.ts";
import type { ViewContext } from "../../view/view-context.ts";

/** What can be done with a key. */
export interface KeyActions {
  readonly rotate: (pbxId: string) => void;
  readonly revoke: (key: KeyRow) => void;
}

const tones: Readonly<Record<KeyRow["state"], Tone>> = {
  active: "good",
  expired: "idle",
  revoked: "idle",
  unusable: "bad",
};

/** The columns of the list of keys. */
export function keyColumns(context: ViewContext, actions: KeyActions): readonly Column<KeyRow>[] {
  const { t } = context;
  return [
    { name: t.ring.pbx, cell: ({ pbxId }) => html`<bdi>${pbxId}</bdi>` },
    { name: t.keys.digest, cell: ({ sha256 }) => html`<code>${sha256.slice(0, 12)}</code>` },
    { name: t.keys.state, cell: ({ state }) => viewBadge(tones[state], t.keys.states[state]) },
    { name: t.keys.scopes, cell: (key) => describeGrant(context, key) },
    {
      name: t.keys.lastUsed,
      cell: ({ lastUsedAt }) => (lastUsedAt === undefined ? t.keys.never : viewAgo(context, lastUsedAt)),
    },
    {
      name: t.keys.ends,
      cell: ({ revokedAt, expiresAt }) => {
        const end = revokedAt ?? expiresAt;
        return end === undefined ? "–" : viewTime(context, end, "minute");
      },
    },
    { name: t.actions, cell: (key) => viewActions(context, key, actions) },
  ];
}

function describeGrant({ t }: ViewContext, { scopes, extens, extenPrefix, ips, note, unusable }: KeyRow) {
  const limits = [
    scopes.join(", "),
    ...(extens === undefined ? [] : [t.keys.onlyExtens(extens.join(", "))]),
    ...(extenPrefix === undefined ? [] : [t.keys.prefix(extenPrefix)]),
    ...(ips === undefined ? [] : [t.keys.onlyIps(ips.join(", "))]),
  ];
  return html`${limits.join(" · ")}${note === undefined ? nothing : html`<br /><small class="quiet">${note}</small>`}
  ${unusable === undefined ? nothing : html`<br /><small class="field-error">${unusable}</small>`}`;
}

function viewActions({ t }: ViewContext, key: KeyRow, { rotate, revoke }: KeyActions) {
  if (key.state === "revoked") return "–";
  const of = `${key.pbxId} ${key.sha256.slice(0, 12)}`;
  return html`<span class="actions">
    ${key.state === "active" ? viewRowButton({ text: t.keys.rotate, of, act: () => rotate(key.pbxId) }) : nothing}
    ${viewRowButton({ text: t.keys.revoke, of, act: () => revoke(key), isDangerous: true })}
  </span>`;
}
