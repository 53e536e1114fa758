import type { ReactNode } from "react";
import {
  Autocomplete,
  Button,
  Input,
  Label,
  ListBox,
  ListBoxItem,
  Popover,
  SearchField,
  Select,
  SelectValue,
  useFilter,
} from "react-aria-components";

interface PickManyProps {
  /** In the plural: “Skills”. */
  readonly label: string;
  readonly ids: readonly string[];
  /** Empty: all. */
  readonly chosen: readonly string[];
  readonly onChoose: (ids: readonly string[]) => void;
  readonly onOpen: () => void;
}

const BY_ID = new Intl.Collator("en", { numeric: true }).compare;

/** Any of many, found by typing; none chosen means all. */
export function PickMany({ label, ids, chosen, onChoose, onOpen }: PickManyProps): ReactNode {
  const { contains } = useFilter({ sensitivity: "base" });
  // What the address names stays on offer, though no segment of it is kept any more.
  const offered = [...new Set([...ids, ...chosen])].toSorted(BY_ID);
  return (
    <Select
      className="pick many"
      selectionMode="multiple"
      value={[...chosen]}
      onChange={(keys) => onChoose(keys.map(String))}
      onOpenChange={(isOpen) => isOpen && onOpen()}
      // Whoever is quicker than what is on offer sees it come.
      allowsEmptyCollection
      data-active={chosen.length > 0}
    >
      <Label>{label}</Label>
      <Button>
        <SelectValue>{summary(chosen)}</SelectValue>
        <span className="chevron" aria-hidden="true" />
      </Button>
      <Popover className="popover">
        <Autocomplete filter={contains}>
          <SearchField className="search" aria-label={`Search ${label.toLowerCase()}`} autoFocus>
            <Input placeholder="Search" />
          </SearchField>
          <ListBox
            // A list that grew keeps its old order otherwise.
            key={offered.join()}
            className="options"
            items={offered.map((id) => ({ id }))}
            renderEmptyState={() => <span className="none">{offered.length === 0 ? "None" : "None by that name"}</span>}
          >
            {({ id }) => (
              <ListBoxItem id={id} textValue={id}>
                <span className="tick" aria-hidden="true" />
                {id}
              </ListBoxItem>
            )}
          </ListBox>
        </Autocomplete>
        <Button slot={null} className="button quiet" isDisabled={chosen.length === 0} onPress={() => onChoose([])}>
          All {label.toLowerCase()}
        </Button>
      </Popover>
    </Select>
  );
}

function summary(chosen: readonly string[]): string {
  if (chosen.length === 0) return "All";
  return chosen.length <= 2 ? chosen.join(", ") : `${chosen.length} chosen`;
}
