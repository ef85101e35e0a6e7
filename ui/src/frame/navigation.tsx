/** The pages that exist, in the order of the left navigation; also what the search palette and the key map know. */
import type { ComponentType } from "react";
import { Link, useLocation, useSearchParams } from "wouter";
import IconActivity from "@tabler/icons-react/dist/esm/icons/IconActivity.mjs";
import IconBell from "@tabler/icons-react/dist/esm/icons/IconBell.mjs";
import IconBoxMultiple from "@tabler/icons-react/dist/esm/icons/IconBoxMultiple.mjs";
import IconAlert from "@tabler/icons-react/dist/esm/icons/IconShieldExclamation.mjs";
import IconApps from "@tabler/icons-react/dist/esm/icons/IconApps.mjs";
import IconChartBar from "@tabler/icons-react/dist/esm/icons/IconChartBar.mjs";
import IconCloud from "@tabler/icons-react/dist/esm/icons/IconCloud.mjs";
import IconGauge from "@tabler/icons-react/dist/esm/icons/IconGauge.mjs";
import IconHistory from "@tabler/icons-react/dist/esm/icons/IconHistory.mjs";
import IconHome from "@tabler/icons-react/dist/esm/icons/IconHome.mjs";
import IconKey from "@tabler/icons-react/dist/esm/icons/IconKey.mjs";
import IconRobot from "@tabler/icons-react/dist/esm/icons/IconRobot.mjs";
import IconRefresh from "@tabler/icons-react/dist/esm/icons/IconRefresh.mjs";
import IconRoute from "@tabler/icons-react/dist/esm/icons/IconRoute.mjs";
import IconSettings from "@tabler/icons-react/dist/esm/icons/IconSettings.mjs";
import IconShield from "@tabler/icons-react/dist/esm/icons/IconShieldCheck.mjs";
import IconSparkles from "@tabler/icons-react/dist/esm/icons/IconSparkles.mjs";
import IconStack from "@tabler/icons-react/dist/esm/icons/IconStack2.mjs";
import IconUsers from "@tabler/icons-react/dist/esm/icons/IconUsers.mjs";
import IconUsersGroup from "@tabler/icons-react/dist/esm/icons/IconUsersGroup.mjs";
import IconWebhook from "@tabler/icons-react/dist/esm/icons/IconWebhook.mjs";
import mark from "../theme/mark.svg";
import { useOpenAlerts } from "../api/alerts";
import { useGateway } from "../api/gateway";
import { useRights, type Permission } from "../api/rights";
import { useSecuritySummary } from "../api/security";
import { zone } from "../format/time";
import { rangeSearch } from "./range";

export type Place = { label: string; href: string; key: string; icon: ComponentType<{ size?: number; stroke?: number }>; group: "" | "Access" | "Upstreams" | "Facts" | "Admin"; needs?: Permission };

export const PLACES: Place[] = [
  { label: "Home", href: "/", key: "h", icon: IconHome, group: "" },
  { label: "Live calls", href: "/calls", key: "c", icon: IconActivity, group: "", needs: "calls.read" },
  { label: "Tokens", href: "/tokens", key: "t", icon: IconKey, group: "Access", needs: "tokens.read" },
  { label: "Applications", href: "/applications", key: "a", icon: IconApps, group: "Access", needs: "applications.read" },
  { label: "Rotation", href: "/rotation", key: "o", icon: IconRefresh, group: "Access", needs: "tokens.read" },
  { label: "Security", href: "/security", key: "y", icon: IconAlert, group: "Access", needs: "security.read" },
  { label: "Plans", href: "/plans", key: "n", icon: IconStack, group: "Access", needs: "plans.read" },
  { label: "Limits & budgets", href: "/limits", key: "b", icon: IconGauge, group: "Access", needs: "limits.read" },
  { label: "Alerts", href: "/alerts", key: "x", icon: IconBell, group: "Access", needs: "limits.read" },
  { label: "Services", href: "/services", key: "s", icon: IconRoute, group: "Upstreams", needs: "services.read" },
  { label: "Models", href: "/models", key: "m", icon: IconSparkles, group: "Upstreams", needs: "models.read" },
  { label: "Model groups", href: "/model-groups", key: "g", icon: IconBoxMultiple, group: "Upstreams", needs: "models.read" },
  { label: "Providers", href: "/providers", key: "p", icon: IconCloud, group: "Upstreams", needs: "providers.read" },
  { label: "Usage & cost", href: "/usage", key: "u", icon: IconChartBar, group: "Facts", needs: "usage.read" },
  { label: "Settings", href: "/settings", key: ",", icon: IconSettings, group: "Facts", needs: "overview.read" },
  { label: "People", href: "/people", key: "e", icon: IconUsers, group: "Admin", needs: "users.read" },
  { label: "Service accounts", href: "/service-accounts", key: "v", icon: IconRobot, group: "Admin", needs: "service_accounts.read" },
  { label: "Teams", href: "/teams", key: "i", icon: IconUsersGroup, group: "Admin", needs: "teams.read" },
  { label: "Roles", href: "/roles", key: "r", icon: IconShield, group: "Admin", needs: "roles.read" },
  { label: "Audit", href: "/audit", key: "l", icon: IconHistory, group: "Admin", needs: "audit.read" },
  { label: "Webhooks", href: "/webhooks", key: "w", icon: IconWebhook, group: "Admin", needs: "notices.read" },
];

/** The places that the signed-in person may see. */
export function usePlaces(): Place[] {
  const { may } = useRights();
  return PLACES.filter((place) => !place.needs || may(place.needs));
}

/** How many alerts are open; nothing when none is. */
function OpenAlerts() {
  const open = useOpenAlerts(true).data?.open ?? 0;
  if (!open) return null;
  return <span className="tag tag-warn" style={{ marginLeft: "auto" }} title={`${open} open`}>{open}<span className="visually-hidden"> open alerts</span></span>;
}

/** How many security events are open; nothing when none is. */
function OpenEvents() {
  const counts = useSecuritySummary(true).data;
  const open = counts ? counts.low + counts.medium + counts.high + counts.critical : 0;
  if (!counts || !open) return null;
  return <span className={`tag ${counts.critical + counts.high ? "tag-bad" : "tag-warn"}`} style={{ marginLeft: "auto" }} title={`${open} open`}>{open}<span className="visually-hidden"> open events</span></span>;
}

export function Navigation({ isOpen, close }: { isOpen: boolean; close: () => void }) {
  const [path] = useLocation();
  const [params] = useSearchParams();
  const gateway = useGateway().data;
  const keep = rangeSearch(params);
  const places = usePlaces();
  return (
    <nav className="nav" id="navigation" aria-label="Main" data-open={isOpen}>
      <Link className="nav-brand" href={`/${keep}`} onClick={close}><img src={mark} alt="" />Tollway</Link>
      {places.map((place, index) => {
        const isHere = place.href === "/" ? path === "/" : path === place.href || path.startsWith(`${place.href}/`);
        const isFirst = place.group !== "" && places[index - 1]?.group !== place.group;
        const Icon = place.icon;
        return [
          isFirst && <span key={place.group} className="nav-group">{place.group}</span>,
          <Link key={place.href} className="nav-link" href={place.href + keep} aria-current={isHere ? "page" : undefined} onClick={close}>
            <Icon size={17} stroke={1.7} />{place.label}{place.href === "/security" && <OpenEvents />}{place.href === "/alerts" && <OpenAlerts />}
          </Link>,
        ];
      })}
      <div className="nav-foot">
        <span>{zone()}</span>
        {gateway && <span>Tollway {gateway.version}{gateway.sandbox ? " · sandbox on" : ""}</span>}
      </div>
    </nav>
  );
}
