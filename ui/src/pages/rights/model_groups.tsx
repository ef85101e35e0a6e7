/** Groups of models: names under which rights speak of several models, also of ones that come later. */
import { useState } from "react";
import { Button, Modal, TagsInput, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import IconStack from "@tabler/icons-react/dist/esm/icons/IconStack2.mjs";
import { changeGroup, createGroup, removeGroup, useModelGroups, type ModelGroup } from "../../api/gateway_rights";
import { useRights } from "../../api/rights";
import { useModels } from "../../api/upstreams";
import { useQueryPart } from "../../frame/range";
import { complain, say } from "../../frame/toasts";
import { plural } from "../../format/numbers";
import { By } from "../../parts/actors";
import { Confirm } from "../../parts/confirm";
import { useSending } from "../../parts/form";
import { Empty, Loaded, Page, Panel, Trouble } from "../../parts/page";
import { Table, type Column } from "../../parts/table";
import { Ago, Copy } from "../../parts/words";

const SHOWN = 6;

export default function ModelGroups() {
  const groups = useModelGroups();
  const [params, change] = useQueryPart();
  const { may } = useRights();
  const client = useQueryClient();
  const [edited, setEdited] = useState<ModelGroup | "new" | null>(params.get("new") === "1" ? "new" : null);
  const [removed, setRemoved] = useState<ModelGroup | null>(null);
  const mayEdit = may("providers.write");
  const remove = (group: ModelGroup) => removeGroup(group.name).then(() => { say(`${group.name} deleted`); void client.invalidateQueries({ queryKey: ["model-groups"] }); }, complain);
  const add = mayEdit && <Button onClick={() => setEdited("new")}>New group</Button>;
  const columns: Column<ModelGroup>[] = [
    { id: "name", title: "Name", show: (group) => <span className="row"><strong className="nowrap">{group.name}</strong><Copy text={`group:${group.name}`} label={`Copy group:${group.name}`} /></span> },
    { id: "models", title: "Models", show: (group) => <Members models={group.models} /> },
    { id: "for", title: "For", show: (group) => group.description || <span className="muted">–</span> },
    { id: "changed", title: "Changed", show: (group) => <span className="nowrap"><Ago value={group.updated_at} /> <span className="muted">by <By actor={group.updated_by} /></span></span> },
    ...(mayEdit ? [{ id: "acts", title: "Acts", isEnd: true, show: (group: ModelGroup) => (
      <span className="nowrap">
        <Button variant="subtle" size="compact-sm" aria-label={`Edit ${group.name}`} onClick={() => setEdited(group)}>Edit</Button>
        <Button variant="subtle" size="compact-sm" aria-label={`Delete ${group.name}`} onClick={() => setRemoved(group)}>Delete…</Button>
      </span>
    ) }] : []),
  ];
  return (
    <Page title="Model groups" lead={<>Rights name a group as <code>group:name</code>, in an allow or a deny. Whoever changes the group changes what all of them may call, from the next call on.</>} acts={add}>
      <Panel flush>
        <Loaded query={groups} rows={5}>
          {({ items }) =>
            items.length ? (
              <Table label="Model groups" columns={columns} rows={items} keyOf={(group) => group.name} />
            ) : (
              <Empty icon={<IconStack size={30} stroke={1.4} />} title="No group yet" act={add}>
                Put models that belong together under one name, such as <code>cheap</code> or <code>approved</code>: single names, and patterns such as <code>gpt-4o*</code>. Then say in the rights of a team or a token that it may use the group.
              </Empty>
            )
          }
        </Loaded>
      </Panel>
      {edited && <GroupForm group={edited === "new" ? undefined : edited} close={() => { setEdited(null); change({ new: null }, "replaced"); }} />}
      {removed && <Confirm title={`Delete ${removed.name}`} act="Delete" close={() => setRemoved(null)} run={() => remove(removed)}>Only a group that nobody’s rights name can be deleted. This cannot be undone.</Confirm>}
    </Page>
  );
}

function Members({ models }: { models: string[] }) {
  return (
    <span style={{ display: "block", minWidth: "12rem" }} title={models.join(", ")}>
      {models.slice(0, SHOWN).map((model) => <code key={model} className="entry">{model}</code>)}
      {models.length > SHOWN && <span className="muted small">and {models.length - SHOWN} more</span>}
    </span>
  );
}

function GroupForm({ group, close }: { group?: ModelGroup; close: () => void }) {
  const known = [...new Set((useModels().data?.items ?? []).map((model) => model.name))];
  const [name, setName] = useState(group?.name ?? "");
  const [models, setModels] = useState(group?.models ?? []);
  const [description, setDescription] = useState(group?.description ?? "");
  const { isBusy, problem, errors, send } = useSending(["model-groups", "gateway-rights"]);
  const save = () =>
    send(async () => {
      const wish = { models, description: description.trim() };
      const saved = group ? await changeGroup(group.name, wish) : await createGroup({ name: name.trim(), ...wish });
      say(`${saved.name}: ${plural(saved.models.length, "entry", "entries")}, from the next call on`);
      close();
    });
  const ofModels = Object.entries(errors).find(([place]) => place.startsWith("models"))?.[1];
  return (
    <Modal opened onClose={close} title={group ? `Edit ${group.name}` : "New model group"} size="lg">
      <form className="form" onSubmit={(event) => { event.preventDefault(); void save(); }}>
        {problem && !Object.keys(errors).length && <Trouble error={problem} />}
        {!group && <TextInput label="Name" description="Lower-case letters, digits, dots, dashes; it stays as it is" required maxLength={63} value={name} onChange={(event) => setName(event.currentTarget.value.toLowerCase())} error={errors.name} data-autofocus autoComplete="off" spellCheck={false} />}
        <TagsInput label="Models" description="Names, and patterns with *; Enter adds one" data={known} maxDropdownHeight={220} value={models} onChange={setModels} error={ofModels} data-autofocus={group ? true : undefined} />
        <TextInput label="What it is for" maxLength={2000} value={description} onChange={(event) => setDescription(event.currentTarget.value)} error={errors.description} autoComplete="off" />
        <div className="row-end"><Button variant="default" onClick={close}>Cancel</Button><Button type="submit" loading={isBusy} disabled={!models.length || (!group && !name.trim())}>{group ? "Save" : "Create"}</Button></div>
      </form>
    </Modal>
  );
}
