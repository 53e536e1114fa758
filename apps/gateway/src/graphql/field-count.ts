import { Kind, type DocumentNode, type OperationDefinitionNode, type SelectionSetNode } from "graphql";
import { fragmentsOf } from "./fragments.ts";

/** How many fields an operation has once its fragments are put where they are spread: short ones may have billions. */
export function fieldCountOf(document: DocumentNode, operation: OperationDefinitionNode): number {
  const counts = new Map<string, number>();
  const fragments = fragmentsOf(document);
  return countIn(operation.selectionSet);

  function countIn({ selections }: SelectionSetNode): number {
    let count = 0;
    for (const selection of selections) {
      if (selection.kind === Kind.FRAGMENT_SPREAD) count += countOfFragment(selection.name.value);
      else count += (selection.kind === Kind.FIELD ? 1 : 0) + (selection.selectionSet ? countIn(selection.selectionSet) : 0);
    }
    return count;
  }

  function countOfFragment(name: string): number {
    let count = counts.get(name);
    if (count === undefined) {
      count = countIn(fragments.get(name)!.selectionSet);
      counts.set(name, count);
    }
    return count;
  }
}
