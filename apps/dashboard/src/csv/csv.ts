/**
 * RFC 4180: fields with a comma, a quote or a line break are quoted, lines end in CRLF; null is an empty field. Ids come from
 * whoever feeds the gateway: one that a spreadsheet would compute gets an apostrophe before it, which makes it text.
 */
export function toCsv(lines: readonly (readonly (string | number | null)[])[]): string {
  return lines.map((fields) => `${fields.map(toField).join(",")}\r\n`).join("");
}

function toField(value: string | number | null): string {
  if (typeof value !== "string") return value === null ? "" : String(value);
  const text = /^[=+\-@\t\r\n＝＋－＠]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** @returns such as `segmeter-demo-agents-20261122T100000Z-20261122T110000Z.csv` */
export function csvFileName(accountId: string, what: string, startMs: number, endMs: number): string {
  return `segmeter-${accountId}-${what}-${toStamp(startMs)}-${toStamp(endMs)}.csv`.replaceAll(/[^\w.-]/g, "_");
}

function toStamp(atMs: number): string {
  return new Date(atMs).toISOString().replaceAll(/[-:]|\.\d+/g, "");
}
