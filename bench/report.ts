import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import type { Row } from "./benchmark.ts";

const RESULTS = fileURLToPath(new URL("results", import.meta.url));

/** The object of one row that `--json` prints. */
export function toJson({ name, oursMs, peer, peerMs, ratio, unit, target, ok, checksum, note }: Row): string {
  return JSON.stringify({ name, oursMs, peer, peerMs, ratio: Number.isNaN(ratio) ? null : ratio, unit, target, ok, checksum, note });
}

const HEAD = ["name", "ours ms", "peer", "peer ms", "ratio", "target", "ok", "checksum", "note"];

/** A table that reads well as text and as Markdown. */
export function toTable(rows: readonly Row[]): string {
  const lines = [HEAD, ...rows.map(toCells)];
  const widths = HEAD.map((_, column) => Math.max(...lines.map((cells) => cells[column]!.length)));
  const write = (cells: readonly string[]): string => `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |`;
  return [write(HEAD), write(widths.map((width) => "-".repeat(width))), ...lines.slice(1).map(write)].join("\n");
}

function toCells({ name, oursMs, peer, peerMs, ratio, unit, target, ok, checksum, note }: Row): string[] {
  const figure = Number.isNaN(ratio) ? "" : `${toText(ratio)} ${unit}`;
  return [name, toText(oursMs), peer ?? "", toText(peerMs), figure, target, ok ? "yes" : "NO", checksum ?? "", note ?? ""];
}

/** Three significant digits, or as many as stand before the point. */
function toText(value: number | null): string {
  if (value === null) return "";
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

/** @returns where it was written: `results/<date>-<revision>.md` */
export function saveResults(rows: readonly Row[], segmentCount: number, now: Date): string {
  const revision = git("rev-parse", "--short", "HEAD");
  const isChanged = git("status", "--porcelain", "--untracked-files=no", "--", "packages", "apps") !== "";
  const path = `${RESULTS}/${now.toISOString().slice(0, 10)}-${revision}.md`;
  const facts = [
    `- date: ${now.toISOString()}`,
    `- revision: ${revision}${isChanged ? ", with changes that were not committed yet" : ""}`,
    `- processor: ${cpus()[0]?.model ?? "unknown"}, ${availableParallelism()} cores`,
    `- memory: ${Math.round(totalmem() / 2 ** 30)} GiB`,
    `- Node: ${process.version}`,
    `- segments: ${segmentCount}`,
  ];
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(path, `# Benchmarks\n\n${facts.join("\n")}\n\n${toTable(rows)}\n`);
  return path;
}

function git(...args: string[]): string {
  return execFileSync("git", args, { cwd: RESULTS, encoding: "utf8" }).trim();
}
