/** The menus of the bar: time range with compare, theme, account. */
import { useState } from "react";
import { ActionIcon, Button, Menu, Popover, Switch, TextInput, useMantineColorScheme } from "@mantine/core";
import IconCalendar from "@tabler/icons-react/dist/esm/icons/IconCalendar.mjs";
import IconCheck from "@tabler/icons-react/dist/esm/icons/IconCheck.mjs";
import IconDeviceDesktop from "@tabler/icons-react/dist/esm/icons/IconDeviceDesktop.mjs";
import IconKeyboard from "@tabler/icons-react/dist/esm/icons/IconKeyboard.mjs";
import IconLogout from "@tabler/icons-react/dist/esm/icons/IconLogout.mjs";
import IconMoon from "@tabler/icons-react/dist/esm/icons/IconMoon.mjs";
import IconSun from "@tabler/icons-react/dist/esm/icons/IconSun.mjs";
import IconUser from "@tabler/icons-react/dist/esm/icons/IconUser.mjs";
import { Link } from "wouter";
import { signOut } from "../api/gateway";
import type { Session } from "../api/types";
import { zone } from "../format/time";
import { PRESETS, useQueryPart, useRange } from "./range";
import { complain } from "./toasts";

export function RangeMenu() {
  const range = useRange();
  const [params, change] = useQueryPart();
  const [isOpen, setOpen] = useState(false);
  const { since, until } = range.instants(false);
  const [from, setFrom] = useState("");
  const [to, setTo] = useState("");
  const open = () => {
    setFrom(localInput(since));
    setTo(localInput(until));
    setOpen(!isOpen);
  };
  const pick = (key: string) => {
    change({ range: key, since: null, until: null });
    setOpen(false);
  };
  const isValid = Date.parse(from) < Date.parse(to);
  return (
    <Popover opened={isOpen} onChange={setOpen} position="bottom-end" trapFocus width={256} shadow="md">
      <Popover.Target>
        <Button variant="default" size="xs" onClick={open} aria-label={`Time range: ${range.label}`} leftSection={<IconCalendar size={15} />}>
          {range.key.includes("-") ? "Custom" : range.key}{range.compare ? " ±" : ""}
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label="Time range">
        <div className="stack-small">
          <div className="row-wrap">
            {PRESETS.map((preset) => (
              <Button key={preset.key} size="compact-sm" variant={preset.key === range.key ? "filled" : "default"} aria-pressed={preset.key === range.key} onClick={() => pick(preset.key)}>
                {preset.key}
              </Button>
            ))}
          </div>
          <TextInput size="xs" type="datetime-local" label="From" value={from} onChange={(event) => setFrom(event.currentTarget.value)} />
          <TextInput size="xs" type="datetime-local" label="To" value={to} onChange={(event) => setTo(event.currentTarget.value)} error={from && to && !isValid ? "To must be after From" : undefined} />
          <Button variant="default" disabled={!isValid} onClick={() => { change({ range: null, since: new Date(from).toISOString(), until: new Date(to).toISOString() }); setOpen(false); }}>
            Use this range
          </Button>
          <Switch size="xs" label="Compare with the period before" checked={params.get("compare") === "1"} onChange={(event) => change({ compare: event.currentTarget.checked ? "1" : null })} />
          <span className="small muted">Times are {zone()}.</span>
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}

function localInput(ms: number): string {
  const local = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}

const SCHEMES = [
  { value: "light", label: "Light", icon: IconSun },
  { value: "dark", label: "Dark", icon: IconMoon },
  { value: "auto", label: "Like the system", icon: IconDeviceDesktop },
] as const;

export function ThemeMenu() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const Icon = SCHEMES.find((scheme) => scheme.value === colorScheme)!.icon;
  return (
    <Menu position="bottom-end">
      <Menu.Target><ActionIcon size="lg" aria-label="Theme"><Icon size={17} /></ActionIcon></Menu.Target>
      <Menu.Dropdown>
        {SCHEMES.map((scheme) => (
          <Menu.Item key={scheme.value} leftSection={<scheme.icon size={15} />} rightSection={scheme.value === colorScheme ? <IconCheck size={14} /> : null} onClick={() => setColorScheme(scheme.value)}>
            {scheme.label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

export function AccountMenu({ session, showKeys }: { session: Session | undefined; showKeys: () => void }) {
  return (
    <Menu position="bottom-end" width={200}>
      <Menu.Target><ActionIcon size="lg" aria-label="Account"><IconUser size={17} /></ActionIcon></Menu.Target>
      <Menu.Dropdown>
        {session && <Menu.Label>{session.user.name}, {session.user.role_name}</Menu.Label>}
        <Menu.Item component={Link} href="/account" leftSection={<IconUser size={15} />}>Your account</Menu.Item>
        <Menu.Item leftSection={<IconKeyboard size={15} />} onClick={showKeys} rightSection={<kbd>?</kbd>}>Keyboard map</Menu.Item>
        <Menu.Item leftSection={<IconLogout size={15} />} onClick={() => signOut().catch(complain)}>Sign out</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
