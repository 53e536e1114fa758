import { SORTINGS, tableOf, type Database } from "./database.ts";
import { requirePeer } from "./peers.ts";
import { COLUMNS, type SegmentTable } from "./segment-table.ts";
import { toChecksumSql, toSql, type Dialect } from "./sql.ts";

/** Of `@duckdb/node-api`. */
interface DuckDb {
  readonly DuckDBInstance: { readonly create: (path: string) => Promise<{ connect: () => Promise<Connection>; closeSync: () => void }> };
}

interface Connection {
  readonly run: (sql: string) => Promise<unknown>;
  readonly prepare: (sql: string) => Promise<{ readonly run: () => Promise<unknown> }>;
  readonly runAndReadAll: (sql: string) => Promise<{ readonly getRows: () => unknown[][] }>;
  readonly closeSync: () => void;
}

const TYPES = { 8: "UTINYINT", 16: "USMALLINT", 32: "UINTEGER" } as const;

const DIALECT: Dialect = {
  divide: (numerator, denominator) => `${numerator} // ${denominator}`,
  toDouble: (expression) => `(${expression})::DOUBLE`,
  sumWhere: (expression, condition) => `sum(${expression}) FILTER (${condition})`,
  countWhere: (condition) => `count(*) FILTER (${condition})`,
  intervalOf: (column, widthMs) => `${column} // ${widthMs}`,
};

/** DuckDB in memory, on all cores. */
export async function openDuckDb(table: SegmentTable): Promise<Database> {
  const instance = await (requirePeer("@duckdb/node-api") as DuckDb).DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  const columns = COLUMNS.map(({ name, bits }) => `'${name}': '${TYPES[bits]}'`).join(", ");
  const rows = `read_csv('${table.path}', delim = '\t', header = false, columns = {${columns}})`;
  for (const sorting of SORTINGS)
    await connection.run(`CREATE TABLE ${tableOf(sorting)} AS SELECT * FROM ${rows} ORDER BY ${sorting.join(", ")}`);
  return {
    name: "DuckDB",
    prepare: async (query, sorting) => {
      const prepared = await connection.prepare(toSql(query, table, sorting, DIALECT));
      return async () => void (await prepared.run());
    },
    checksum: async (query, sorting) => {
      const result = await connection.runAndReadAll(toChecksumSql(query, table, sorting, DIALECT));
      return result.getRows()[0]!.map(Number);
    },
    close: async () => {
      connection.closeSync();
      instance.closeSync();
    },
  };
}
