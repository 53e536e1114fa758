import { SORTINGS, tableOf, type Database } from "./database.ts";
import { requirePeer } from "./peers.ts";
import { COLUMNS, type SegmentTable } from "./segment-table.ts";
import { toChecksumSql, toSql, type Dialect } from "./sql.ts";

/** Of `chdb`. */
interface Chdb {
  readonly Session: new () => Session;
}

interface Session {
  readonly query: (sql: string, format: string) => string;
  readonly cleanup: () => void;
}

const DIALECT: Dialect = {
  divide: (numerator, denominator) => `intDivOrNull(${numerator}, ${denominator})`,
  toDouble: (expression) => `toFloat64(${expression})`,
  sumWhere: (expression, condition) => `sumIf(${expression}, ${condition})`,
  countWhere: (condition) => `countIf(${condition})`,
  intervalOf: (column, widthMs) => `intDiv(${column}, ${widthMs})`,
};

/** ClickHouse in this process (never in a worker thread: it does not survive there), on all cores. */
export async function openClickHouse(table: SegmentTable): Promise<Database> {
  const session = new (requirePeer("chdb") as Chdb).Session();
  const types = COLUMNS.map(({ name, bits }) => `${name} UInt${bits}`).join(", ");
  session.query("CREATE DATABASE bench ENGINE = Atomic", "Null");
  session.query("USE bench", "Null");
  for (const sorting of SORTINGS) {
    const name = tableOf(sorting);
    session.query(`CREATE TABLE ${name} (${types}) ENGINE = MergeTree ORDER BY (${sorting.join(", ")})`, "Null");
    session.query(`INSERT INTO ${name} SELECT * FROM file('${table.path}', TabSeparated, '${types}')`, "Null");
    session.query(`OPTIMIZE TABLE ${name} FINAL`, "Null");
  }
  return {
    name: "ClickHouse",
    prepare: async (query, sorting) => {
      const sql = toSql(query, table, sorting, DIALECT);
      return async () => void session.query(sql, "Null");
    },
    checksum: async (query, sorting) =>
      session
        .query(toChecksumSql(query, table, sorting, DIALECT), "TabSeparated")
        .trim()
        .split("\t")
        .map(Number),
    close: async () => session.cleanup(),
  };
}
