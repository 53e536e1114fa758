import { describe, expect, test } from "vitest";
import { intervalsOf, usualInterval } from "./interval.ts";
import { DEFAULT_VIEW, parseView, toQuery, toTimeframe, type View } from "./view.ts";

const FULL: View = {
  timeframe: 240,
  interval: 30,
  skills: ["21", "a b&c=d"],
  groups: ["3"],
  sources: ["WEB", "SMS"],
  userType: "BOT",
  metric: "avgAgentSegmentDuration",
  split: "agent",
  chart: "table",
  rows: "skills",
  open: ["21"],
  sort: { key: "id", descending: false },
  search: "45 %",
  tv: true,
  theme: "dark",
};

describe("the address holds the view", () => {
  test("the usual view is an empty query", () => {
    expect(toQuery(DEFAULT_VIEW)).toBe("");
    expect(parseView("")).toEqual({ view: DEFAULT_VIEW, faults: [] });
  });

  test("a view comes back as it was written", () => expect(parseView(toQuery(FULL))).toEqual({ view: FULL, faults: [] }));

  test("lists stay readable", () => expect(toQuery({ skills: ["21", "22"], sources: ["WEB"] })).toBe("?skills=21,22&sources=WEB"));

  for (const [query, faults] of [
    ["timeframe=0", ["timeframe: expected a whole number of minutes, 1 to 1440, got “0”"]],
    ["timeframe=1441", ["timeframe: expected a whole number of minutes, 1 to 1440, got “1441”"]],
    ["timeframe=abc", ["timeframe: expected a whole number of minutes, 1 to 1440, got “abc”"]],
    ["timeframe=60&interval=7", ["interval: expected a whole number of minutes, at least 5, that divides timeframe, got “7”"]],
    ["interval=4", ["interval: expected a whole number of minutes, at least 5, that divides timeframe, got “4”"]],
    ["skills=21,,22", ["skills: expected 1 to 500 skills, comma separated, got “21,,22”"]],
    ["userType=robot", ["userType: expected human or bot, got “robot”"]],
    ["userType=constructor", ["userType: expected human or bot, got “constructor”"]],
    ["tv=constructor", ["tv: expected 1 or 0, got “constructor”"]],
    ["metric=constructor", ["metric: expected a metric's name, got “constructor”"]],
    ["split=group", ["split: expected none or skill or agent, got “group”"]],
    ["sort=-name", ["sort: expected id or a metric's name, with - in front to descend, got “-name”"]],
    ["tv=yes", ["tv: expected 1 or 0, got “yes”"]],
    ["__proto__=1&timefram=5", ["__proto__: there is no such setting", "timefram: there is no such setting"]],
  ] as const) {
    test(`of ${query} the wrong part is passed over and said`, () => expect(parseView(query)).toEqual({ view: DEFAULT_VIEW, faults }));
  }

  test("what is right beside something wrong is kept", () => {
    const { view, faults } = parseView("timeframe=120&interval=abc&split=skill");
    expect([view.timeframe, view.interval, view.split, faults.length]).toEqual([120, null, "skill", 1]);
  });
});

describe("intervals", () => {
  test("are the divisors of the window from five minutes on", () => {
    expect(intervalsOf(60)).toEqual([5, 6, 10, 12, 15, 20, 30, 60]);
    expect(intervalsOf(7)).toEqual([7]);
    expect(intervalsOf(4)).toEqual([]);
  });

  test("not chosen, part the window into at most 24", () => {
    expect([15, 60, 240, 480, 1440, 1439, 4].map(usualInterval)).toEqual([5, 5, 10, 20, 60, 1439, null]);
  });

  test("stay with another window where they part it", () => {
    expect(toTimeframe(120, FULL).interval).toBe(30);
    expect(toTimeframe(45, FULL).interval).toBe(null);
  });
});
