// AssemblyScript. What the engine does to every row and every cell, over memory that all threads share. Whatever lies there is told
// by its address; 0: it is not there.

export { readCells, scratchBytes, sort } from "./columns";
export { findSkills } from "./fill";
export { doNext, help, isDone } from "./job";
export { layCheckpoint, subtract, sumRows } from "./ranges";
export { addHighsTo, addTo, pick } from "./rows";
