export { preset, type PresetConfig } from "./preset.ts";
