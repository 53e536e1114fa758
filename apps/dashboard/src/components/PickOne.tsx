import type { ReactNode } from "react";
import { Button, Label, ListBox, ListBoxItem, Popover, Select, SelectValue } from "react-aria-components";

export interface Choice<Id extends string> {
  readonly id: Id;
  readonly name: string;
}

interface PickOneProps<Id extends string> {
  readonly label: string;
  readonly choices: readonly Choice<Id>[];
  readonly chosen: Id;
  readonly onChoose: (id: Id) => void;
}

/** One of a few. */
export function PickOne<Id extends string>({ label, choices, chosen, onChoose }: PickOneProps<Id>): ReactNode {
  return (
    <Select className="pick" value={chosen} onChange={(id) => onChoose(id as Id)}>
      <Label>{label}</Label>
      <Button>
        <SelectValue />
        <span className="chevron" aria-hidden="true" />
      </Button>
      <Popover className="popover">
        <ListBox className="options" items={choices}>
          {({ id, name }) => (
            <ListBoxItem id={id} textValue={name}>
              {name}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </Select>
  );
}
