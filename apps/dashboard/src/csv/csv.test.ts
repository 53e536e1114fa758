import { expect, test } from "vitest";
import { csvFileName, toCsv } from "./csv.ts";

test("numbers stay as the API gives them, and what does not exist is empty", () => {
  expect(
    toCsv([
      ["id", "avg"],
      ["4501", 4.333333333333333],
      ["4502", null],
      ["4503", 0],
    ]),
  ).toBe("id,avg\r\n4501,4.333333333333333\r\n4502,\r\n4503,0\r\n");
});

test("fields that would break a line are quoted", () => {
  expect(toCsv([['a,"b"', "c\r\nd", "e f"]])).toBe('"a,""b""","c\r\nd",e f\r\n');
});

test("an id that a spreadsheet would compute is text there; numbers stay numbers", () => {
  expect(toCsv([["=1+1", "+1", "-1", "@a", "\t=1", "＝1", '=a("b",1)', -1, "a=1"]])).toBe(
    `'=1+1,'+1,'-1,'@a,'\t=1,'＝1,"'=a(""b"",1)",-1,a=1\r\n`,
  );
});

test("a file's name tells account, part and window, whatever the part is called", () => {
  const [start, end] = [Date.UTC(2026, 10, 22, 10), Date.UTC(2026, 10, 22, 11, 0, 5, 118)];
  expect(csvFileName("demo", "agents", start, end)).toBe("segmeter-demo-agents-20261122T100000Z-20261122T110005Z.csv");
  expect(csvFileName("demo", "agent-a/b c", start, end)).toContain("segmeter-demo-agent-a_b_c-");
});
