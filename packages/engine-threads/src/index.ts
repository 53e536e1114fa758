export { defaultHelperCount, startHelpers, type Helpers, type HelpersOptions } from "./helpers.ts";
