/** The menus of the bar: time range with compare, theme, account. */
import { useEffect, useRef, useState } from "react";
import { Button, Menu, Popover, Switch, TextInput, useMantineColorScheme } from "@mantine/core";
import IconCheck from "@tabler/icons-react/dist/esm/icons/IconCheck.mjs";
import IconKeyboard from "@tabler/icons-react/dist/esm/icons/IconKeyboard.mjs";
import IconLogout from "@tabler/icons-react/dist/esm/icons/IconLogout.mjs";
import IconUser from "@tabler/icons-react/dist/esm/icons/IconUser.mjs";
import { Link } from "wouter";
import { signOut } from "../api/gateway";
import type { Session } from "../api/types";
import { zone } from "../format/time";
import { AccountButton, RangeButton, SCHEMES, ThemeButton } from "./buttons";
import { PRESETS, useQueryPart, useRange } from "./range";
import { complain } from "./toasts";

/** Opens the menu whose button was pressed to read this file; the focus goes to that button's successor, and returns there. */
function useOpened(isFirst: boolean) {
  const [opened, onChange] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!isFirst) return;
    button.current?.focus();
    onChange(true);
  }, []);
  return { button, opened, onChange };
}

export function RangeMenu({ isFirst }: { isFirst: boolean }) {
  const { button, opened, onChange } = useOpened(isFirst);
  return (
    <Popover opened={opened} onChange={onChange} position="bottom-end" trapFocus returnFocus width={256} shadow="md">
      <Popover.Target><RangeButton ref={button} onClick={() => onChange(!opened)} /></Popover.Target>
      <Popover.Dropdown aria-label="Time range"><RangePane close={() => onChange(false)} /></Popover.Dropdown>
    </Popover>
  );
}

function RangePane({ close }: { close: () => void }) {
  const range = useRange();
  const [params, change] = useQueryPart();
  const [{ since, until }] = useState(() => range.instants(false));
  const [from, setFrom] = useState(() => localInput(since));
  const [to, setTo] = useState(() => localInput(until));
  const pick = (key: string) => {
    change({ range: key, since: null, until: null });
    close();
  };
  const isValid = Date.parse(from) < Date.parse(to);
  return (
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
      <Button variant="default" disabled={!isValid} onClick={() => { change({ range: null, since: new Date(from).toISOString(), until: new Date(to).toISOString() }); close(); }}>
        Use this range
      </Button>
      <Switch size="xs" label="Compare with the period before" checked={params.get("compare") === "1"} onChange={(event) => change({ compare: event.currentTarget.checked ? "1" : null })} />
      <span className="small muted">Times are {zone()}.</span>
    </div>
  );
}

function localInput(ms: number): string {
  const local = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}

export function ThemeMenu({ isFirst }: { isFirst: boolean }) {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const { button, opened, onChange } = useOpened(isFirst);
  return (
    <Menu opened={opened} onChange={onChange} position="bottom-end">
      <Menu.Target><ThemeButton ref={button} /></Menu.Target>
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

export function AccountMenu({ isFirst, session, showKeys }: { isFirst: boolean; session: Session | undefined; showKeys: () => void }) {
  const { button, opened, onChange } = useOpened(isFirst);
  return (
    <Menu opened={opened} onChange={onChange} position="bottom-end" width={200}>
      <Menu.Target><AccountButton ref={button} /></Menu.Target>
      <Menu.Dropdown>
        {session && <Menu.Label>{session.user.name}, {session.user.role_name}</Menu.Label>}
        <Menu.Item component={Link} href="/account" leftSection={<IconUser size={15} />}>Your account</Menu.Item>
        <Menu.Item leftSection={<IconKeyboard size={15} />} onClick={showKeys} rightSection={<kbd>?</kbd>}>Keyboard map</Menu.Item>
        <Menu.Item leftSection={<IconLogout size={15} />} onClick={() => signOut().catch(complain)}>Sign out</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
