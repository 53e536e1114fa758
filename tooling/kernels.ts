import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ROOT } from "./pnpm.ts";

// Compiles the engine's kernels from AssemblyScript into a module that carries them, or, with --check, tells whether it is as it was.

const { values } = parseArgs({ options: { check: { type: "boolean", default: false } } });

const SOURCE = "packages/engine/assembly/index.ts";
const OUTPUT = "packages/engine/src/generated/kernels.ts";
const SHARED_MEMORY = ["--importMemory", "--sharedMemory", "--initialMemory", "1", "--maximumMemory", "65536"];
const OPTIONS = [
  "-O3",
  "--noAssert",
  "--runtime",
  "stub",
  "--enable",
  "simd",
  "--enable",
  "threads",
  "--disableWarning",
  "112",
  ...SHARED_MEMORY,
];

const text = `export const KERNELS = "${compile().toString("base64")}";\n`;
if (!values.check) writeFileSync(join(ROOT, OUTPUT), text);
else if (readFileSync(join(ROOT, OUTPUT), "utf8") !== text) {
  process.stderr.write(`kernels: ${OUTPUT} is not what ${SOURCE} compiles to; npx -y pnpm@12.21.0 run generate\n`);
  process.exitCode = 1;
}

function compile(): Buffer {
  const folder = mkdtempSync(join(tmpdir(), "segmeter-kernels-"));
  try {
    const binary = join(folder, "kernels.wasm");
    // Its types are not taken in: they change what arrays and numbers are everywhere.
    const asc = join(ROOT, "node_modules/assemblyscript/bin/asc.js");
    execFileSync(process.execPath, [asc, SOURCE, "--outFile", binary, ...OPTIONS], { cwd: ROOT, stdio: "inherit" });
    return readFileSync(binary);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
