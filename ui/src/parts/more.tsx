/** Acts that are seldom wanted, behind one button; those that end something stand last and are red. */
import { ActionIcon, Menu } from "@mantine/core";
import IconDots from "@tabler/icons-react/dist/esm/icons/IconDots.mjs";

type Act = { label: string; run: () => void };

export function More({ acts }: { acts: (Act | false | undefined)[] }) {
  const shown = acts.filter((act): act is Act => Boolean(act));
  if (!shown.length) return null;
  return (
    <Menu position="bottom-end">
      <Menu.Target><ActionIcon variant="default" size={30} aria-label="More acts"><IconDots size={16} /></ActionIcon></Menu.Target>
      <Menu.Dropdown>
        {shown.map((act) => <Menu.Item key={act.label} color={/^(Delete|Revoke)/.test(act.label) ? "red" : undefined} onClick={act.run}>{act.label}</Menu.Item>)}
      </Menu.Dropdown>
    </Menu>
  );
}
