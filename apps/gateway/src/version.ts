import { readFileSync } from "node:fs";

const MANIFEST = new URL(import.meta.resolve("@segmeter/gateway/package.json"));

export const { version: VERSION } = JSON.parse(readFileSync(MANIFEST, "utf8")) as { readonly version: string };
