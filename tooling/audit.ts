import { parseArgs } from "node:util";
import { pnpm } from "./pnpm.ts";

// Fails on what is known to be seriously wrong with what production runs on. Where the registry does not tell, it says so and
// lets pass: that nobody could be asked is no reason to stop everything.

const { values } = parseArgs({ options: { registry: { type: "string" }, "timeout-ms": { type: "string", default: "60000" } } });

interface Report {
  readonly metadata: { readonly vulnerabilities: Readonly<Record<string, number>> };
  readonly advisories: Readonly<
    Record<string, { readonly module_name: string; readonly severity: string; readonly title: string; readonly url: string }>
  >;
}

const REASON_LENGTH_MAX = 300;
const SERIOUS = ["high", "critical"];

const registry = values.registry === undefined ? [] : [`--registry=${values.registry}`];
const { stdout, stderr } = await pnpm(["audit", "--prod", "--json", ...registry], Number(values["timeout-ms"]));
const report = toReport(stdout);
if (report === null) {
  process.stdout.write(`audit: the registry did not answer, nothing was checked${reasonIn(stderr)}\n`);
} else {
  const { vulnerabilities } = report.metadata;
  const serious = Object.values(report.advisories).filter(({ severity }) => SERIOUS.includes(severity));
  for (const { module_name: name, severity, title, url } of serious)
    process.stdout.write(`audit: ${severity}: ${name}: ${title} (${url})\n`);
  process.stdout.write(`audit: ${JSON.stringify(vulnerabilities)}\n`);
  if (SERIOUS.some((severity) => (vulnerabilities[severity] ?? 0) > 0)) process.exitCode = 1;
}

/** null: it is none, since the registry gave none. */
function toReport(text: string): Report | null {
  try {
    const value = JSON.parse(text) as Partial<Report>;
    return value.metadata?.vulnerabilities && value.advisories ? (value as Report) : null;
  } catch {
    return null;
  }
}

function reasonIn(text: string): string {
  const reason = text.replaceAll(/\s+/g, " ").trim().slice(0, REASON_LENGTH_MAX);
  return reason === "" ? "" : `: ${reason}`;
}
