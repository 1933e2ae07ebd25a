/** The forms a single value can have. Each says what it is, and what to write when it is not. */
import type { z } from "zod";
import { isCron } from "./cron.ts";
import { leaf, refuse } from "./leaf.ts";
import { Secret } from "./secret.ts";
import { suggest } from "./suggest.ts";
import {
  countPattern,
  durationPattern,
  parseCount,
  parseDurationMs,
  parsePercent,
  parseSizeBytes,
  percentPattern,
  sizePattern,
} from "./units.ts";

interface About {
  readonly about?: string;
  readonly example?: string;
}

interface Bounds {
  readonly least?: number;
  readonly most?: number;
}

export const textLengthMax = 4096;

/** Any text that is not empty; numbers are taken as they were written. */
export function text({ about = "", example = "a text", form = "text" }: About & { form?: string }) {
  return leaf({ about, example, form, schema: { type: ["string", "number"] } }, (written) => {
    const value = typeof written === "boolean" ? "" : String(written);
    if (value.length > 0 && value.length <= textLengthMax) return value;
    return refuse({
      what: `{value} is not a ${form}`,
      why: `1 to ${textLengthMax} characters are expected`,
      fix: `write ${example}`,
    });
  });
}

/** A text of a given pattern. */
export function matching(options: About & { form: string; pattern: RegExp; why: string }) {
  const { about = "", example = "a text", form, pattern, why } = options;
  const schema = { type: "string", pattern: pattern.source };
  return leaf({ about, example, form, schema }, (written) =>
    pattern.test(String(written))
      ? String(written)
      : refuse({ what: `{value} is not a ${form}`, why, fix: `write ${example}` }),
  );
}

/** One of a few words. */
export function oneOf<const Choices extends readonly string[]>(choices: Choices, about = "") {
  const listed = choices.join(", ");
  return leaf<Choices[number]>(
    { about, example: choices[0] ?? "", form: choices.join(" or "), schema: { enum: choices } },
    (written) => {
      const chosen = choices.find((choice) => choice === written);
      if (chosen !== undefined) return chosen;
      const near = suggest(String(written), choices);
      return refuse({
        what: "{value} is not one of the choices",
        why: `they are ${listed}`,
        fix: near === undefined ? `write one of ${listed}` : `did you mean ${near}?`,
      });
    },
  );
}

export function flag(about: string) {
  return leaf({ about, example: "true", form: "flag", schema: { type: "boolean" } }, (written) => {
    if (written === true || written === "true") return true;
    if (written === false || written === "false") return false;
    return refuse({
      what: "{value} is neither true nor false",
      why: "YAML 1.2 knows no yes, no, on or off",
      fix: "write true or false",
    });
  });
}

/** A duration with its unit; the value is milliseconds. */
export function duration({ about, example = "5s", least = 0, most }: About & Bounds) {
  return amountField({
    about,
    example,
    form: "duration",
    schema: { type: "string", pattern: durationPattern },
    read: (written) => (typeof written === "string" ? parseDurationMs(written) : undefined),
    why: "a number with ms, s, m, h or d is expected",
    guess: (written) => (isNumeral(written) ? `${written}s` : undefined),
    least,
    most,
  });
}

/** A size with its unit; the value is bytes. */
export function size({ about, example = "64MiB", least = 1, most }: About & Bounds) {
  return amountField({
    about,
    example,
    form: "size",
    schema: { type: "string", pattern: sizePattern },
    read: (written) => (typeof written === "string" ? parseSizeBytes(written) : undefined),
    why: "a number with B, KiB, MiB, GiB, kB, MB or GB is expected",
    guess: (written) => {
      const short = /^(\d+(?:\.\d+)?) ?([kmgKMG])i?b?$/u.exec(String(written));
      return short === null ? undefined : `${short[1]}${short[2]?.toUpperCase()}iB`;
    },
    least,
    most,
  });
}

/** A whole number, also written `10k` or `1M`. */
export function count({ about, example = "100", least = 1, most }: About & Bounds) {
  return amountField({
    about,
    example,
    form: "count",
    schema: {
      anyOf: [
        { type: "integer", minimum: least },
        { type: "string", pattern: countPattern },
      ],
    },
    read: (written) => (typeof written === "boolean" ? undefined : parseCount(String(written))),
    why: "a whole number is expected, in which k, M and G may stand for thousands",
    guess: (written) => {
      const plain = String(written).replaceAll(/[_,. ](?=\d{3})/gu, "");
      return isNumeral(plain) && plain !== String(written) ? plain : undefined;
    },
    least,
    most,
  });
}

/** A number that need not be whole, such as a price. */
export function number({ about, example = "0.5", least = 0, most }: About & Bounds) {
  return amountField({
    about,
    example,
    form: "number",
    schema: { type: "number", minimum: least },
    read: (written) =>
      typeof written === "number" || isNumeral(written) ? Number(written) : undefined,
    why: "a number is expected",
    guess: () => undefined,
    least,
    most,
  });
}

/** A share of a whole: `99%`, or a number from 0 to 1. The value is from 0 to 1. */
export function share({ about, example = "10%" }: About) {
  return amountField({
    about,
    example,
    form: "share",
    schema: {
      anyOf: [
        { type: "string", pattern: percentPattern },
        { type: "number", minimum: 0, maximum: 1 },
      ],
    },
    read: (written) =>
      typeof written === "string" && !isNumeral(written)
        ? parsePercent(written)
        : shareOf(Number(written)),
    why: "a percentage, or a number from 0 to 1, is expected",
    guess: (written) =>
      isNumeral(written) && Number(written) <= 100 ? `${String(written)}%` : undefined,
    least: 0,
    most: 1,
  });
}

/** A cron expression, checked for its shape. */
export function cron({ about = "", example = '"0 3 * * *"' }: About) {
  return leaf({ about, example, form: "schedule", schema: { type: "string" } }, (written) =>
    isCron(String(written))
      ? String(written)
      : refuse({
          what: "{value} is not a schedule",
          why: "five cron fields are expected: minute, hour, day of month, month, day of week",
          fix: `write ${example}`,
        }),
  );
}

/** A path. Relative ones were joined to the place of the file that states them before. */
export function path({ about = "", example = "./docs" }: About) {
  const facts = { about, example, form: "path", schema: { type: "string" }, path: true } as const;
  return leaf(facts, (written) =>
    typeof written === "string" && written.length > 0 && !written.includes("\0")
      ? written
      : refuse({ what: "{value} is not a path", why: "a path is a text", fix: `write ${example}` }),
  );
}

/** A URL without credentials; the value ends without a slash. */
export function url({
  about = "",
  example = "https://example.com",
  schemes = ["https", "http"],
}: About & { schemes?: readonly string[] }) {
  const schema = { type: "string", pattern: `^(?:${schemes.join("|")})://` };
  return leaf({ about, example, form: "URL", schema }, (written) => {
    const parsed = typeof written === "string" ? URL.parse(written) : null;
    if (parsed === null || !schemes.includes(parsed.protocol.slice(0, -1)) || parsed.host === "") {
      return refuse({
        what: "{value} is not a URL",
        why: `it begins with ${schemes.map((scheme) => `${scheme}://`).join(" or ")}`,
        fix: `write ${example}`,
      });
    }
    if (parsed.username !== "" || parsed.password !== "") {
      return refuse({
        what: "the URL carries credentials",
        why: "URLs are printed and logged",
        fix: "take them out of the URL and give the key in its own field",
      });
    }
    return String(written).replace(/\/+$/u, "");
  });
}

/** A secret, written as a reference to an environment variable or a file. */
export function secret({ about = "", example = '"${env:API_KEY}"' }: About) {
  const schema = { type: "string" };
  return leaf({ about, example, form: "secret", schema, secret: true }, (written) =>
    typeof written === "boolean" || String(written).trim() === ""
      ? refuse({
          what: "the secret is empty",
          why: "an empty secret protects nothing",
          fix: `write ${example}`,
        })
      : new Secret(String(written).trim()),
  );
}

interface AmountField {
  readonly about: string | undefined;
  readonly example: string;
  readonly form: string;
  readonly schema: Readonly<Record<string, unknown>>;
  readonly read: (written: string | number | boolean) => number | undefined;
  readonly why: string;
  readonly guess: (written: string | number | boolean) => string | undefined;
  readonly least: number;
  readonly most: number | undefined;
}

function amountField(field: AmountField): z.ZodType<number> {
  const { about = "", example, form, schema, least, most = Number.MAX_SAFE_INTEGER } = field;
  return leaf({ about, example, form, schema }, (written) => {
    const value = field.read(written);
    if (value === undefined || !Number.isFinite(value)) {
      const guess = field.guess(written);
      return refuse({
        what: `{value} is not a ${form}`,
        why: field.why,
        fix: guess === undefined ? `write ${example}` : `did you mean ${guess}?`,
      });
    }
    if (value < least || value > most) {
      return refuse({
        what: `{value} is too ${value < least ? "small" : "large"}`,
        why:
          value < least ? `the least is ${shown(form, least)}` : `the most is ${shown(form, most)}`,
        fix: `write ${example}`,
      });
    }
    return value;
  });
}

/** A bound in the unit of its form. */
function shown(form: string, bound: number): string {
  if (form === "duration") return bound % 1000 === 0 ? `${bound / 1000}s` : `${bound}ms`;
  return form === "size" ? `${bound}B` : String(bound);
}

function isNumeral(written: string | number | boolean): boolean {
  return typeof written !== "boolean" && /^\d+(?:\.\d+)?$/u.test(String(written));
}

function shareOf(value: number): number | undefined {
  return value >= 0 && value <= 1 ? value : undefined;
}
