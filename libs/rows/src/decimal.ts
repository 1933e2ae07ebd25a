/** A number of any size and precision, kept as it was written. */
export class Decimal {
  readonly text: string;

  /** `text` is a plain numeral such as `-12.50`, or `NaN`, `Infinity`, `-Infinity`. */
  constructor(text: string) {
    this.text = text;
  }

  toString(): string {
    return this.text;
  }

  toJSON(): string {
    return this.text;
  }

  /** A number where a double holds it digit for digit, and the text where it does not. */
  get exact(): number | string {
    const number = Number(this.text);
    const isHeld = Number.isFinite(number) && sameNumeral(plain(number), this.text);
    return isHeld ? number : this.text;
  }
}

const numeral = /^(?<sign>-?)(?<whole>0|[1-9]\d*)(?:\.(?<fraction>\d+))?$/u;

/** Whether two texts are numerals of the same number; `042` is a text. */
export function sameNumeral(a: string, b: string): boolean {
  const canonical = canonicalOf(a);
  return canonical !== null && canonical === canonicalOf(b);
}

function canonicalOf(text: string): string | null {
  const groups = numeral.exec(text)?.groups;
  if (!groups) return null;
  const { fraction = "", sign = "", whole = "" } = groups;
  const rest = fraction.replace(/0+$/u, "");
  const digits = rest === "" ? whole : `${whole}.${rest}`;
  return digits === "0" ? "0" : `${sign}${digits}`;
}

/** Doubles print large and small numbers with an exponent, which numerals do not have. */
function plain(number: number): string {
  const [mantissa = "", exponent] = String(number).split("e");
  if (exponent === undefined) return mantissa;
  const sign = mantissa.startsWith("-") ? "-" : "";
  const [whole = "", fraction = ""] = mantissa.replace("-", "").split(".");
  const digits = whole + fraction;
  const point = whole.length + Number(exponent);
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
  if (point >= digits.length) return sign + digits + "0".repeat(point - digits.length);
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}
