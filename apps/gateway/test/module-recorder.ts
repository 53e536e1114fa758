import { registerHooks } from "node:module";

// Loaded into a gateway before anything else: tells whoever started it which modules it has read.

const urls: string[] = [];
registerHooks({
  load: (url, context, next) => {
    urls.push(url);
    return next(url, context);
  },
});

process.on("message", (message) => {
  if (message === "modules") process.send!(urls);
});
