import { printSchemaWithDirectives } from "@graphql-tools/utils";

/** Writes the schema's text into a module, so that the built gateway carries it and reads no file for it. */
export function plugin(schema) {
  return `export const typeDefs = ${JSON.stringify(printSchemaWithDirectives(schema))};\n`;
}
