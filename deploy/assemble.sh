#!/bin/sh
# deploy/assemble.sh FOLDER: installs, builds, and puts what production runs on into a folder, which needs Node 24 and nothing else:
# the gateway with its packages, the wallboard, and what starts and watches them.
set -eu
out=$(mkdir -p "$1" && cd "$1" && pwd)
cd "$(dirname "$0")/.."
export CI=true TURBO_TELEMETRY_DISABLED=1
pnpm() { npx -y pnpm@12.21.0 "$@"; }

pnpm install --frozen-lockfile
pnpm run build
pnpm --filter @segmeter/gateway deploy --legacy --prod "$out/apps/gateway"
# Only what is built is run.
rm -rf "$out/apps/gateway/src" "$out/apps/gateway/test" "$out/apps/gateway/node_modules/@segmeter"
mkdir -p "$out/apps/dashboard" "$out/deploy"
cp -R apps/dashboard/dist "$out/apps/dashboard/dist"
cp deploy/health.mjs "$out/deploy/"
cp docs/LICENCES.md "$out/"
