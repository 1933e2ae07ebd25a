/**
 * Without keys, whoever can reach loopback may do everything; so may any web page open on this
 * machine, unless its requests are told apart. A page whose name was rebound to 127.0.0.1 sends
 * its own Host; a page elsewhere sends its Origin or Sec-Fetch-Site.
 */
import { isLoopback } from "@tidemark/runtime";

export interface BrowserHeaders {
  readonly host?: string | undefined;
  readonly origin?: string | undefined;
  readonly "sec-fetch-site"?: string | string[] | undefined;
}

/** Why a request without a key is refused; null when it may pass. */
export function refusalOfKeylessRequest(headers: BrowserHeaders): string | null {
  if (!isLoopbackAuthority(headers.host)) {
    return "the Host header must name this machine: 127.0.0.1, [::1] or localhost";
  }
  if (headers.origin !== undefined && headers.origin !== `http://${headers.host}`) {
    return "requests of web pages from elsewhere are refused";
  }
  const site = headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin" && site !== "none") {
    return "requests of web pages from elsewhere are refused";
  }
  return null;
}

function isLoopbackAuthority(host: string | undefined): boolean {
  const match = /^(?:\[(?<six>[0-9a-f:]+)\]|(?<name>[^:]+))(?::\d{1,5})?$/iu.exec(host ?? "");
  const name = match?.groups?.["six"] ?? match?.groups?.["name"];
  return name !== undefined && isLoopback(name.toLowerCase());
}
