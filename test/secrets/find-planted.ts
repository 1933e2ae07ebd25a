/**
 * Looks for planted secrets in anything that was said or kept: as they are, and as programs write
 * them when they carry one along without knowing.
 */
export interface Place {
  /** Such as `log of the gateway`. */
  readonly where: string;
  readonly content: string | Uint8Array;
}

export interface Found {
  readonly secret: string;
  readonly where: string;
  /** As what it stands there. */
  readonly form: string;
}

/** What is cut off is a secret all the same. */
const partLength = 14;
const base64Group = 3;

/** @returns each secret once a place and form; secrets by the name under which they were planted */
export function findPlanted(
  secrets: Readonly<Record<string, string>>,
  places: readonly Place[],
): Found[] {
  const forms = Object.entries(secrets).map(([secret, value]) => ({
    secret,
    forms: formsOf(value),
  }));
  return places.flatMap(({ content, where }) => {
    const bytes = typeof content === "string" ? Buffer.from(content) : Buffer.from(content);
    return forms.flatMap(({ forms: own, secret }) => {
      const found = own.find(({ text }) => bytes.includes(text));
      return found ? [{ secret, where, form: found.form }] : [];
    });
  });
}

interface Form {
  readonly form: string;
  readonly text: string;
}

/** @throws RangeError for a value so short that chance would find it */
function formsOf(value: string): Form[] {
  if (value.length < 2 * partLength) throw new RangeError(`${value.length} characters are few`);
  const [first, last] = [value.slice(0, partLength), value.slice(-partLength)];
  return [
    { form: "itself", text: value },
    { form: "its beginning", text: first },
    { form: "its end", text: last },
    { form: "a part of a JSON text", text: JSON.stringify(value).slice(1, -1) },
    { form: "a part of a URL", text: encodeURIComponent(value) },
    { form: "a part of a form", text: new URLSearchParams([["", value]]).toString().slice(1) },
    { form: "hex", text: Buffer.from(value).toString("hex") },
    ...[0, 1, 2].map((shift) => ({ form: "base64", text: base64Within(value, shift) })),
  ];
}

/** What stands of it in the base64 of a longer text that it begins in at `shift` past a group. */
function base64Within(value: string, shift: number): string {
  const bytes = Buffer.from(value);
  const from = (base64Group - shift) % base64Group;
  const whole = bytes.length - ((bytes.length - from) % base64Group);
  return bytes.subarray(from, whole).toString("base64");
}
