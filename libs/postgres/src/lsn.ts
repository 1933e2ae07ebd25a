/**
 * A place in the WAL as a number: what Postgres writes as `16/B374D848`. It is a position, so it has
 * to be a safe integer; the 8 PiB up to there are more WAL than any cluster has written.
 */

/** @throws RangeError for what is no LSN, or past every safe integer */
export function parseLsn(text: string): number {
  const [, high, low] = /^(?<high>[0-9A-Fa-f]{1,8})\/(?<low>[0-9A-Fa-f]{1,8})$/u.exec(text) ?? [];
  if (high === undefined || low === undefined) {
    throw new RangeError(`${JSON.stringify(text)} is no LSN`);
  }
  const lsn = Number.parseInt(high, 16) * 2 ** 32 + Number.parseInt(low, 16);
  if (!Number.isSafeInteger(lsn)) throw new RangeError(`LSN ${text} is past every safe integer`);
  return lsn;
}

export function formatLsn(lsn: number): string {
  const high = Math.floor(lsn / 2 ** 32);
  return `${hex(high)}/${hex(lsn - high * 2 ** 32)}`;
}

function hex(word: number): string {
  return word.toString(16).toUpperCase();
}
