import { describe, expect, test, vi } from "vitest";
import { exactValue, formatDuration, formatMinutes, formatTimeRange, formatValue } from "./format.ts";

vi.hoisted(() => {
  // Times of day are the reader's.
  process.env["TZ"] = "Europe/Berlin";
});

/** With plain spaces, as one types them. */
const plain = (text: string): string => text.replaceAll("\u00a0", " ");

describe("a duration reads as people say it", () => {
  for (const [ms, text] of [
    [0, "0 s"],
    [40, "0.0 s"],
    [849, "0.8 s"],
    [9_949, "9.9 s"],
    [9_950, "10 s"],
    [41_600, "42 s"],
    [59_499, "59 s"],
    [59_500, "1 m 00 s"],
    [84_123, "1 m 24 s"],
    [3_599_499, "59 m 59 s"],
    [3_599_500, "1 h 00 m"],
    [7_500_000, "2 h 05 m"],
    [90_000_000, "25 h 00 m"],
  ] as const) {
    test(`${ms} ms is ${text}`, () => expect(plain(formatDuration(ms))).toBe(text));
  }

  test("a value keeps to one line", () => expect(formatDuration(84_123)).not.toContain(" "));
});

describe("values", () => {
  test("counts have thousands separators", () => expect(formatValue("count", 1_234_567)).toBe("1,234,567"));
  test("quotients have two decimals", () => expect(formatValue("ratio", 4.333333333333333)).toBe("4.33"));
  test("the exact value is the API's own number", () => {
    expect(exactValue("ratio", 4.333333333333333)).toBe("4.333333333333333 responses per segment");
    expect(exactValue("duration", 84_123)).toBe("84123 ms");
    expect(exactValue("count", 1_234_567)).toBe("1234567 segments");
  });
});

test("a window's length is named in hours and minutes", () => {
  expect([5, 60, 90, 1440].map((minutes) => plain(formatMinutes(minutes)))).toEqual(["5 min", "1 h", "1 h 30 min", "24 h"]);
});

const at = (hour: number): number => Date.UTC(2026, 10, 22, hour, 5);

describe("a range of time is in the reader's time zone", () => {
  test("within a day the times are enough", () => expect(formatTimeRange(at(9), at(10))).toBe("10:05–11:05"));
  test("over midnight the days are named", () => expect(formatTimeRange(at(22), at(23))).toBe("Sun 23:05 – Mon 00:05"));
});
