/** What the URL of a queue says of where it is. */
const awsHost =
  /(?:^|\.)(?:sqs(?:-fips)?\.(?<region>[\w-]+)(?:\.vpce)?|(?<legacy>[\w-]+)\.queue)\.amazonaws\.com/u;

/** Null where it names none. */
export function regionOf(url: string): string | null {
  const { legacy, region } = awsHost.exec(new URL(url).hostname)?.groups ?? {};
  return region ?? legacy ?? null;
}

export function isOfAws(url: string): boolean {
  return /\.amazonaws\.com(?:\.cn)?$/u.test(new URL(url).hostname);
}
