/** A cron expression of five fields: minute, hour, day of month, month, day of week. */
const fields = [
  { least: 0, most: 59, names: [] },
  { least: 0, most: 23, names: [] },
  { least: 1, most: 31, names: [] },
  {
    least: 1,
    most: 12,
    names: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
  },
  { least: 0, most: 7, names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] },
] as const;

/** Says whether a text has the shape of a cron expression, with every number in its range. */
export function isCron(text: string): boolean {
  const parts = text.trim().split(/\s+/u);
  return (
    parts.length === fields.length &&
    fields.every((field, index) =>
      (parts[index] ?? "").split(",").every((item) => isCronItem(item, field)),
    )
  );
}

function isCronItem(item: string, field: (typeof fields)[number]): boolean {
  const match = /^(?<range>\*|\w+(?:-\w+)?)(?:\/(?<step>\d+))?$/u.exec(item);
  const range = match?.groups?.["range"];
  if (range === undefined) return false;
  const step = match?.groups?.["step"];
  if (step !== undefined && Number(step) === 0) return false;
  if (range === "*") return true;
  const ends = range.split("-").map((end) => cronNumber(end, field));
  const [first, last = first] = ends;
  return first !== undefined && last !== undefined && first <= last;
}

function cronNumber(text: string, field: (typeof fields)[number]): number | undefined {
  const named = (field.names as readonly string[]).indexOf(text.toLowerCase());
  if (named !== -1) return named + field.least;
  const number = /^\d+$/u.test(text) ? Number(text) : Number.NaN;
  return number >= field.least && number <= field.most ? number : undefined;
}
