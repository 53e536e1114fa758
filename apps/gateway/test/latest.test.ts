import { describe, expect, test } from "vitest";
import { Latest } from "../src/push/latest.ts";

describe("a reader with room for one value", () => {
  test("gets the newest of those that came while it did not read", async () => {
    const values = new Latest<number>(() => undefined);
    for (const value of [1, 2, 3]) values.set(value);
    expect(await values.next()).toEqual({ value: 3, done: false });
    const waiting = values.next();
    values.set(4);
    values.set(5);
    expect([await waiting, await values.next()]).toEqual([
      { value: 4, done: false },
      { value: 5, done: false },
    ]);
  });

  test("learns of the end even while it waits, and the end is told once, whoever ends it", async () => {
    for (const end of [(values: Latest<number>) => values.end(), (values: Latest<number>) => void values.return()]) {
      let endCount = 0;
      const values = new Latest<number>(() => (endCount += 1));
      const waiting = values.next();
      end(values);
      values.end();
      values.set(1);
      expect([await waiting, await values.next(), endCount]).toEqual([
        { value: undefined, done: true },
        { value: undefined, done: true },
        1,
      ]);
    }
  });

  test("ends it by leaving its loop", async () => {
    let isOver = false;
    const values = new Latest<number>(() => (isOver = true));
    values.set(1);
    for await (const value of values) {
      expect(value).toBe(1);
      break;
    }
    expect(isOver).toBe(true);
  });
});
