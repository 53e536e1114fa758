import { execFile } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { checkPackage, createPackageFromTarballData, type Problem, type ResolutionKind } from "@arethetypeswrong/core";
import { waitFor } from "@testing-library/dom";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { installDom } from "./dom.ts";
import { startTestGateway } from "./gateway.ts";

const REPOSITORY = fileURLToPath(new URL("../../..", import.meta.url));
const PACKAGES = ["hooks", "schema"] as const;
const PATIENCE_MS = 120_000;

const OTHER_RESOLUTIONS: ReadonlySet<ResolutionKind> = new Set(["node10", "node16-cjs"]);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "segmeter-packages-"));
  await Promise.all(PACKAGES.map((name) => pnpm(join(REPOSITORY, "packages", name), "pack", "--out", tarball(name))));
}, PATIENCE_MS);
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each(PACKAGES)("the package of %s", (name) => {
  test("is one that publint has nothing to say about", async () => {
    const { messages, pkg } = await publint({ pack: { tarball: bytesOf(await readFile(tarball(name))) }, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
  });
});

test("the types of the package of hooks are found wherever ES modules are", async () => {
  const analysis = await checkPackage(createPackageFromTarballData(await readFile(tarball("hooks"))));
  const problems = analysis.types ? analysis.problems : ["no types"];
  // It has no CommonJS, and nothing for resolvers that know no `exports`.
  expect(problems.filter((problem) => !isOfOthers(problem))).toEqual([]);
});

test("the package of hooks carries the schema's words to the editor", async () => {
  const files = createPackageFromTarballData(await readFile(tarball("hooks")));
  const schema = createPackageFromTarballData(await readFile(tarball("schema")));
  const types = files.readFile("/node_modules/@segmeter/hooks/dist/generated/operations.d.ts");
  const descriptions = [...schema.readFile("/node_modules/@segmeter/schema/schema.graphql").matchAll(/^ {2}"(.+)"$/gm)]
    .map(([, description]) => description!)
    .filter((description) => description.includes("; null when there is nothing to average."));
  expect(descriptions).toHaveLength(6);
  for (const description of descriptions) expect(types).toContain(`/** ${description} */`);
});

test("a frontend outside this repository generates, checks, builds and shows hooks of its own", { timeout: PATIENCE_MS }, async () => {
  const gateway = await startTestGateway();
  await gateway.closeSegment({ agentId: "4501" });
  const app = join(folder, "app");
  await cp(join(REPOSITORY, "examples/vite-react"), app, { recursive: true });
  await usePacked(app);
  await pnpm(app, "install", "--prefer-offline", "--ignore-workspace");
  await pnpm(app, "run", "generate");
  await pnpm(app, "run", "build", { VITE_SEGMETER_URL: gateway.url, VITE_ACCOUNT_ID: "mine" });

  installDom();
  document.body.innerHTML = '<div id="root"></div>';
  const script = (await readdir(join(app, "dist/assets"))).find((file) => file.endsWith(".js"));
  await import(pathToFileURL(join(app, "dist/assets", script!)).href);
  await waitFor(() => expect(document.body.textContent).toContain("0 of 1 segments were a bot's."));
  await waitFor(() => expect(document.body.textContent).toContain("4501: 1, answering in 1 s"));
});

function isOfOthers(problem: Problem | string): boolean {
  return typeof problem === "object" && "resolutionKind" in problem && OTHER_RESOLUTIONS.has(problem.resolutionKind);
}

/** Takes the packages as they would be published, in place of the registry's. */
async function usePacked(app: string): Promise<void> {
  const path = join(app, "package.json");
  const manifest = JSON.parse(await readFile(path, "utf8")) as Record<"dependencies" | "devDependencies", Record<string, string>>;
  manifest.dependencies["@segmeter/hooks"] = `file:${tarball("hooks")}`;
  manifest.devDependencies["@segmeter/schema"] = `file:${tarball("schema")}`;
  await writeFile(path, JSON.stringify(manifest));
}

function tarball(name: string): string {
  return join(folder, `${name}.tgz`);
}

function bytesOf({ buffer, byteOffset, byteLength }: Buffer): ArrayBuffer {
  return (buffer as ArrayBuffer).slice(byteOffset, byteOffset + byteLength);
}

/** @throws with what it printed, if it fails */
async function pnpm(cwd: string, ...parameters: readonly (string | Readonly<Record<string, string>>)[]): Promise<void> {
  const words = parameters.filter((parameter) => typeof parameter === "string");
  const environment = Object.assign({}, process.env, ...parameters.filter((parameter) => typeof parameter !== "string"));
  try {
    await promisify(execFile)("npx", ["-y", "pnpm@12.21.0", ...words], { cwd, env: environment });
  } catch (error) {
    const { stdout, stderr } = error as { readonly stdout: string; readonly stderr: string };
    throw new Error(`pnpm ${words.join(" ")} failed:\n${stdout}\n${stderr}`, { cause: error });
  }
}
