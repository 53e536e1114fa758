// @vitest-environment happy-dom
import { act, cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { METRICS } from "../src/metrics/metrics.ts";
import { DEFAULT_VIEW, type View } from "../src/view/view.ts";
import { Screen, type ScreenProps } from "../src/views/Screen.tsx";
import { exampleBoard, exampleMetrics, exampleScreen } from "./example.ts";

const drawn = vi.hoisted(() => {
  // Times of day are the reader's.
  process.env["TZ"] = "UTC";
  return { data: [] as unknown[][] };
});
// There is no canvas here; the browser tests look at the drawing.
vi.mock("uplot", () => ({
  default: class {
    static readonly paths = { bars: () => null };
    constructor(_: unknown, data: unknown[]) {
      drawn.data = data as unknown[][];
    }
    setData(data: unknown[]): void {
      drawn.data = data as unknown[][];
    }
    setSize(): void {}
    destroy(): void {}
  },
}));

beforeEach(() => {
  drawn.data = [];
  // Nothing is laid out here; rows are drawn as far as there is room for them.
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(640);
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(1280);
});
afterEach(cleanup);

const show = (otherwise: Partial<ScreenProps> = {}): ReturnType<typeof render> => render(<Screen {...exampleScreen(otherwise)} />);
const withView = (view: Partial<View>): Partial<ScreenProps> => ({ view: { ...DEFAULT_VIEW, ...view } });

function showSplitBySkill(skills: typeof exampleBoard.skills): void {
  show({ ...withView({ split: "skill" }), content: { state: "showing", board: { ...exampleBoard, skills }, series: [] } });
}

/** What stands on the screen: a block a line, the cells of a row beside one another. */
function textOf(element: Element): string {
  const lines: string[] = [];
  const walk = (node: Element): void => {
    if (node.matches('div[aria-hidden="true"]')) return;
    if (node.matches('[role="row"], tr')) lines.push([...node.children].map(plain).join(" | "));
    else if ([...node.children].every((child) => child.matches("small, span, data, strong"))) lines.push(plain(node));
    else for (const child of node.children) walk(child);
  };
  walk(element);
  return lines.filter((line) => line !== "").join("\n");
}

function plain(node: Element): string {
  return (node.textContent ?? "").replaceAll(/[\u00a0\s]+/g, " ").trim();
}

function rowHeads(): HTMLElement[] {
  return screen.getAllByRole("rowheader");
}

function rowIds(): (string | null)[] {
  return rowHeads().map(({ textContent }) => textContent);
}

describe("each view is a function of what is known", () => {
  for (const [name, otherwise] of Object.entries<Partial<ScreenProps>>({
    "agents, live": {},
    "skills, one of them open": withView({ rows: "skills", open: ["21"], sort: { key: "id", descending: false } }),
    "one agent": { agent: { id: "4501", name: null } },
    "one agent with a name": { agent: { id: "4501", name: "Ada Lovelace" } },
    "the intervals as a table, in dark": {
      ...withView({ chart: "table", metric: "avgTimeToResponseFromAgentAssignment" }),
      scheme: "dark",
    },
    "a window too short for intervals": {
      ...withView({ timeframe: 4 }),
      content: { state: "showing", board: { ...exampleBoard, intervals: [] }, series: [{ id: null, intervals: [] }] },
    },
    "TV mode with filters": withView({ tv: true, skills: ["21", "22"], userType: "BOT" }),
    loading: { content: { state: "loading" }, connection: { state: "connecting" } },
    "empty window": { content: { state: "showing", board: { ...exampleBoard, metrics: exampleMetrics(0, null) }, series: [] } },
    "empty by filters": {
      ...withView({ skills: ["99"] }),
      content: { state: "showing", board: { ...exampleBoard, metrics: exampleMetrics(0, null) }, series: [] },
    },
    "connection lost": { connection: { state: "reconnecting", sinceMs: Date.UTC(2026, 10, 22, 10, 0, 5) } },
    unreachable: { content: { state: "troubled", trouble: { kind: "unreachable" } }, connection: { state: "connecting" } },
    forbidden: { content: { state: "troubled", trouble: { kind: "forbidden", accountId: "demo" } }, connection: { state: "ended" } },
    "logged out": { content: { state: "troubled", trouble: { kind: "loggedOut" } }, connection: { state: "ended" } },
    refused: {
      content: { state: "troubled", trouble: { kind: "refused", causes: ["skillIds[0]: must not be empty"] } },
      connection: { state: "ended" },
    },
    failed: {
      content: { state: "troubled", trouble: { kind: "failed", causes: ["internal error"] } },
      connection: { state: "ended" },
    },
    "a wrong address": { faults: ["timeframe: expected a whole number of minutes, 1 to 1440, got “abc”"] },
  })) {
    test(name, () => expect(textOf(show(otherwise).container)).toMatchSnapshot());
  }
});

describe("figures", () => {
  test("all eleven metrics have a tile", () => {
    const { container } = show();
    const names = [...container.querySelectorAll(".tile")].map((tile) => tile.getAttribute("data-metric"));
    expect(names).toHaveLength(METRICS.length);
    expect(new Set(names)).toEqual(new Set(METRICS.map(({ name }) => name)));
  });

  test("carry the API's own number", () => {
    const { container } = show();
    const figure = container.querySelector('[data-metric="avgAgentMessagesinAgentSegment"] data');
    expect([figure?.textContent, figure?.getAttribute("title")]).toEqual(["4.33", "4.333333333333333 responses per segment"]);
  });

  test("that do not exist are a dash with the reason, to see and to hear", () => {
    const { container } = show();
    const missing = container.querySelector('[data-metric$="_AfterTransfer"] .missing')!;
    const reason = "No value: no transferred segment that ended here has a first agent message to time";
    expect([missing.getAttribute("title"), missing.textContent]).toEqual([reason, `–${reason}`]);
  });

  test("explain themselves with the original's name", () => {
    show();
    fireEvent.click(screen.getByRole("button", { name: "What is Response time?" }));
    const dialog = screen.getByRole("dialog");
    expect(dialog.textContent).toContain("What avgTimeToResponseFromAgentAssignment means.");
    expect(within(dialog).getByText("avgTimeToResponseFromAgentAssignment")).toBeTruthy();
  });

  test("the trend leaves gaps where there is no value", () => {
    const { container } = show();
    const count = (metric: string): number => container.querySelectorAll(`[data-metric="${metric}"] polyline`).length;
    expect([count("totalAgentConversationSegments"), count("avgTimeToResponseFromAgentAssignment")]).toEqual([1, 2]);
  });
});

describe("the chart", () => {
  test("draws the chosen metric over the middles of the intervals, with gaps", () => {
    show(withView({ metric: "avgTimeToResponseFromAgentAssignment" }));
    const minutes = (drawn.data[0] as number[]).map((second) => new Date(second * 1000).toISOString().slice(11, 16));
    expect(minutes).toEqual(["09:10", "09:30", "09:50"]);
    expect(drawn.data[1]).toEqual([60_400, null, 60_847]);
  });

  test("says how many of how many are drawn", () => {
    show({
      ...withView({ split: "skill" }),
      content: { state: "showing", board: exampleBoard, series: [{ id: "22", intervals: exampleBoard.intervals }] },
    });
    expect(screen.getByText("The 1 skills with most segments, of 2. The others are left out.")).toBeTruthy();
  });

  test("tells lines that are on their way from those that cannot be", () => {
    showSplitBySkill(null);
    expect(screen.getByText("Loading…")).toBeTruthy();
    cleanup();
    showSplitBySkill([]);
    expect(screen.getByText("None of these segments has a skill.")).toBeTruthy();
  });

  test("its CSV has every interval and every metric, as the API gives them", () => {
    const onSave = vi.fn();
    show({ onSave });
    fireEvent.click(screen.getByRole("button", { name: "CSV of the intervals" }));
    const [fileName, text] = onSave.mock.calls[0] as [string, string];
    expect(fileName).toBe("segmeter-demo-intervals-20261122T090000Z-20261122T100000Z.csv");
    const lines = text.split("\r\n");
    expect(lines[0]).toBe(`start,end,${METRICS.map(({ name }) => name).join(",")}`);
    expect(lines[2]).toBe("2026-11-22T09:20:00.000Z,2026-11-22T09:40:00.000Z,0,,,0,0,0,0,,,,");
    expect(lines).toHaveLength(5);
  });
});

describe("the table", () => {
  test("sorts by any column, what does not exist last either way", () => {
    const key = "avgTimeToResponseFromAgentAssignment";
    show(withView({ sort: { key, descending: true } }));
    expect(rowIds()).toEqual(["4501", "4510", "4502"]);
    cleanup();
    show(withView({ sort: { key, descending: false } }));
    expect(rowIds()).toEqual(["4510", "4501", "4502"]);
  });

  test("rows that are on their way are not told as none", () => {
    show({ content: { state: "showing", board: { ...exampleBoard, agents: null }, series: [] } });
    expect(screen.getAllByText("Loading…")).toHaveLength(2);
    expect(screen.queryByText("0 agents")).toBe(null);
  });

  test("a head asks for the other direction when it is the one sorted by", () => {
    const onChange = vi.fn();
    show({ onChange });
    fireEvent.click(within(screen.getByRole("columnheader", { name: /^Segments/ })).getByRole("button"));
    fireEvent.click(within(screen.getByRole("columnheader", { name: "Agent" })).getByRole("button"));
    expect(onChange.mock.calls.map(([change]) => change)).toEqual([
      { sort: { key: "totalAgentConversationSegments", descending: false } },
      { sort: { key: "id", descending: false } },
    ]);
  });

  test("finds ids, and says how many", () => {
    show(withView({ search: "50" }));
    expect(rowIds()).toEqual(["4502", "4501"]);
    expect(screen.getByText("2 of 3 agents")).toBeTruthy();
  });

  test("agents stand under their names, where they have one, and are found and sorted by them", () => {
    const [first, ...others] = exampleBoard.agents!;
    const board = { ...exampleBoard, agents: [{ ...first!, name: "Ada" }, ...others] };
    const series = [{ id: "4501", name: "Ada", intervals: exampleBoard.intervals }];
    const showNamed = (view: Partial<View>): void => {
      cleanup();
      show({
        ...withView({ split: "agent", sort: { key: "id", descending: true }, ...view }),
        content: { state: "showing", board, series },
      });
    };
    showNamed({});
    expect(rowIds()).toEqual(["Ada", "4510", "4502"]);
    expect(rowHeads()[0]!.title).toBe("4501");
    expect(document.querySelector(".legend .entry")!.textContent).toContain("Ada");
    for (const search of ["ada", "4501"]) {
      showNamed({ search });
      expect(rowIds()).toEqual(["Ada"]);
    }
  });

  test("its CSV has the rows as sorted and found, and nothing where there is no value", () => {
    const onSave = vi.fn();
    show({ ...withView({ search: "50" }), onSave });
    fireEvent.click(screen.getByRole("button", { name: "CSV of the agents" }));
    const [fileName, text] = onSave.mock.calls[0] as [string, string];
    expect(fileName).toBe("segmeter-demo-agents-20261122T090000Z-20261122T100000Z.csv");
    expect(text.split("\r\n").slice(1)).toEqual([
      "4502,1200,4.333333333333333,7501200,840,120,120,120,,,,",
      "4501,40,4.333333333333333,7500040,28,4,4,4,85123,,85123,84123",
      "",
    ]);
  });

  test("the skills' CSV has the agents of the open ones", () => {
    const onSave = vi.fn();
    show({ ...withView({ rows: "skills", open: ["21"] }), onSave });
    fireEvent.click(screen.getByRole("button", { name: "CSV of the skills" }));
    const lines = (onSave.mock.calls[0] as [string, string])[1].split("\r\n");
    expect(lines.map((line) => line.split(",").slice(0, 3).join(","))).toEqual([
      "skillId,agentId,totalAgentConversationSegments",
      "22,,1200",
      "21,,47",
      "21,4501,40",
      "21,4510,7",
      "",
    ]);
  });

  test("arrow keys go from row to row, Enter opens an agent", () => {
    const open = vi.fn();
    show({ agentTarget: (id) => ({ href: `/${id}`, open: () => open(id) }) });
    act(() => rowHeads()[0]!.parentElement!.focus());
    fireEvent.keyDown(document.activeElement!, { key: "ArrowDown" });
    fireEvent.keyDown(document.activeElement!, { key: "Enter" });
    fireEvent.keyDown(document.activeElement!, { key: "End" });
    fireEvent.keyDown(document.activeElement!, { key: "Enter" });
    expect(open.mock.calls).toEqual([["4501"], ["4510"]]);
  });

  test("right opens a skill, left closes it", () => {
    const onChange = vi.fn();
    show({ ...withView({ rows: "skills", open: ["21"] }), onChange });
    const [closed, opened] = rowHeads().map((head) => head.parentElement!);
    act(() => closed!.focus());
    fireEvent.keyDown(closed!, { key: "ArrowRight" });
    act(() => opened!.focus());
    fireEvent.keyDown(opened!, { key: "ArrowLeft" });
    expect(onChange.mock.calls.map(([change]) => change)).toEqual([{ open: ["21", "22"] }, { open: [] }]);
  });

  test("of 2,000 agents only those in sight are drawn, and all are counted", () => {
    const agents = Array.from({ length: 2000 }, (_, index) => ({ id: String(index), metrics: exampleMetrics(index, 1000) }));
    show({ content: { state: "showing", board: { ...exampleBoard, agents }, series: [] } });
    expect(rowHeads().length).toBeLessThan(60);
    expect(screen.getByRole("grid").getAttribute("aria-rowcount")).toBe("2001");
    expect(screen.getByText("2,000 agents")).toBeTruthy();
  });
});

describe("controls", () => {
  test("a preset changes the window", () => {
    const onChange = vi.fn();
    show({ ...withView({ interval: 20 }), onChange });
    fireEvent.click(screen.getByRole("button", { name: /^15.min$/ }));
    expect(onChange.mock.calls[0]![0]).toMatchObject({ timeframe: 15, interval: null });
  });

  test("TV mode shows none", () => {
    show(withView({ tv: true }));
    expect(screen.queryAllByRole("button")).toEqual([]);
  });

  test("filters that let nothing pass can be cleared", () => {
    const onChange = vi.fn();
    show({
      ...withView({ skills: ["99"], userType: "BOT" }),
      content: { state: "showing", board: { ...exampleBoard, metrics: exampleMetrics(0, null) }, series: [] },
      onChange,
    });
    fireEvent.click(screen.getByRole("button", { name: "Clear the filters" }));
    expect(onChange.mock.calls[0]![0]).toEqual({ skills: [], groups: [], sources: [], userType: null });
  });
});
