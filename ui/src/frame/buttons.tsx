/** The buttons of the bar. What they open is read with the first of them that is pressed: few visits need it. */
import { useState, type ComponentProps } from "react";
import { ActionIcon, Button, useMantineColorScheme } from "@mantine/core";
import IconCalendar from "@tabler/icons-react/dist/esm/icons/IconCalendar.mjs";
import IconDeviceDesktop from "@tabler/icons-react/dist/esm/icons/IconDeviceDesktop.mjs";
import IconMoon from "@tabler/icons-react/dist/esm/icons/IconMoon.mjs";
import IconSun from "@tabler/icons-react/dist/esm/icons/IconSun.mjs";
import IconUser from "@tabler/icons-react/dist/esm/icons/IconUser.mjs";
import type { Session } from "../api/types";
import { zone, zoneName } from "../format/time";
import { useRange } from "./range";
import { complain } from "./toasts";

type Opened = "range" | "theme" | "account";
type Target = Pick<ComponentProps<"button">, "onClick" | "ref">;

export const SCHEMES = [
  { value: "light", label: "Light", icon: IconSun },
  { value: "dark", label: "Dark", icon: IconMoon },
  { value: "auto", label: "Like the system", icon: IconDeviceDesktop },
] as const;

export function Menus({ session, showKeys }: { session: Session | undefined; showKeys: () => void }) {
  const [read, setRead] = useState<{ menus: typeof import("./menus"); first: Opened } | null>(null);
  const open = (first: Opened) => () => void import("./menus").then((menus) => setRead({ menus, first }), complain);
  if (!read) return <><RangeButton onClick={open("range")} /><ThemeButton onClick={open("theme")} /><AccountButton onClick={open("account")} /></>;
  const { menus, first } = read;
  return (
    <>
      <menus.RangeMenu isFirst={first === "range"} />
      <menus.ThemeMenu isFirst={first === "theme"} />
      <menus.AccountMenu isFirst={first === "account"} session={session} showKeys={showKeys} />
    </>
  );
}

export function RangeButton(target: Target) {
  const range = useRange();
  return (
    <Button variant="default" size="xs" aria-label={`Time range: ${range.label}`} aria-haspopup="dialog" leftSection={<IconCalendar size={15} />} {...target}>
      {range.key.includes("-") ? "Custom" : range.key}{range.compare ? " ±" : ""}<span className="bar-zone" title={`All times are ${zone()}`}>{zoneName()}</span>
    </Button>
  );
}

export function ThemeButton(target: Target) {
  const { colorScheme } = useMantineColorScheme();
  const Icon = SCHEMES.find((scheme) => scheme.value === colorScheme)!.icon;
  return <ActionIcon size="lg" aria-label="Theme" aria-haspopup="menu" {...target}><Icon size={17} /></ActionIcon>;
}

export function AccountButton(target: Target) {
  return <ActionIcon size="lg" aria-label="Account" aria-haspopup="menu" {...target}><IconUser size={17} /></ActionIcon>;
}
