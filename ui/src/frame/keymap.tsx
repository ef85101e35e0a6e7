/** The keyboard map (?). */
import { Modal } from "@mantine/core";
import { usePlaces } from "./navigation";

export default function KeyMap({ close }: { close: () => void }) {
  const places = usePlaces();
  const rows: [string, string[]][] = [
    ["Search, or jump by a pasted token", ["Ctrl", "K"]],
    ["Search", ["/"]],
    ["New token", ["n"]],
    ...places.map((place): [string, string[]] => [`Go to ${place.label}`, ["g", place.key]]),
    ["Pause or resume live calls", ["Space"]],
    ["This map", ["?"]],
  ];
  return (
    <Modal opened onClose={close} title="Keyboard map" size="sm">
      <dl className="keys">
        {rows.map(([label, keys]) => (
          <div key={label} style={{ display: "contents" }}>
            <dt>{label}</dt>
            <dd className="row">{keys.map((key) => <kbd key={key}>{key}</kbd>)}</dd>
          </div>
        ))}
      </dl>
    </Modal>
  );
}
