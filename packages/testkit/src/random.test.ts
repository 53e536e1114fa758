import { describe, expect, it } from "vitest";
import { createRandom } from "./random.ts";

describe("random numbers", () => {
  it("are the same for the same keys, and others for other keys, however close", () => {
    expect(drawn(1, 2)).toEqual(drawn(1, 2));
    expect(new Set([drawn(1, 2), drawn(2, 1), drawn(1, 3), drawn(1), drawn(1, 2, 0)].flat()).size).toBe(20);
  });

  it("spread evenly over [0, 1), along one sequence and over the first numbers of many", () => {
    const { next } = createRandom(1);
    for (const values of [Array.from({ length: 10_000 }, next), Array.from({ length: 10_000 }, (_, key) => createRandom(1, key).next())]) {
      const counts = Array.from({ length: 10 }, (_, tenth) => values.filter((value) => Math.floor(value * 10) === tenth).length);
      for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(120);
    }
  });

  it("pick by weight", () => {
    const random = createRandom(1);
    const picked = Array.from({ length: 1000 }, () => random.pickWeighted([{ weight: 1 }, { weight: 3 }, { weight: 0 }]).weight);
    expect(picked.filter((weight) => weight === 3).length).toBeGreaterThan(680);
    expect(picked.filter((weight) => weight === 3).length).toBeLessThan(820);
    expect(picked).not.toContain(0);
  });

  it("refuse to pick from nothing", () => {
    expect(() => createRandom(1).pick([])).toThrow("needs at least one value");
  });
});

function drawn(...keys: number[]): number[] {
  return Array.from({ length: 4 }, createRandom(...keys).next);
}
