/** A condition on one column of a row: equal to a value or one of several, or to none of them. */
import { Decimal, sameNumeral } from "./decimal.ts";
import { isList, textOfValue, type KnownValue } from "./row.ts";

export type ConditionValue = string | number | boolean | null;

export interface RowCondition {
  readonly column: string;
  readonly values: readonly ConditionValue[];
  /** Given for `not` and `notIn`. */
  readonly isNegated?: boolean;
}

/** Null is equal to null alone, unlike in SQL. A list meets an equality when one of its items does. */
export function meetsCondition({ isNegated = false, values }: RowCondition, value: KnownValue) {
  const items = isList(value) ? (value as readonly KnownValue[]) : [value];
  return items.some((item) => values.some((wanted) => equals(item, wanted))) !== isNegated;
}

/** A numeral is equal to the number it says, since numbers of any precision are texts. */
function equals(value: KnownValue, wanted: ConditionValue): boolean {
  if (value === null || wanted === null) return value === wanted;
  const text = textOfValue(value);
  if (text === String(wanted)) return true;
  const isNumber = typeof wanted === "number" || isNumeric(value);
  return isNumber && sameNumeral(text, String(wanted));
}

function isNumeric(value: KnownValue): boolean {
  return typeof value === "number" || typeof value === "bigint" || value instanceof Decimal;
}
