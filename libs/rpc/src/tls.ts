/** Certificates and keys, as the text of PEM files. */
import { ChannelCredentials, ServerCredentials } from "@grpc/grpc-js";

export interface ServerTls {
  readonly cert: string;
  readonly key: string;
  /** Given, callers must show a certificate that one of these signed. */
  readonly ca?: string;
}

export interface ClientTls {
  /** Whom to trust; the system's certificates when absent. */
  readonly ca?: string;
  /** This side's own certificate and key, for servers that ask for one. */
  readonly cert?: string;
  readonly key?: string;
}

export function serverCredentials(tls: ServerTls | undefined): ServerCredentials {
  if (tls === undefined) return ServerCredentials.createInsecure();
  const pair = { cert_chain: Buffer.from(tls.cert), private_key: Buffer.from(tls.key) };
  return ServerCredentials.createSsl(bytesOf(tls.ca), [pair], tls.ca !== undefined);
}

export function channelCredentials(tls: ClientTls | undefined): ChannelCredentials {
  if (tls === undefined) return ChannelCredentials.createInsecure();
  return ChannelCredentials.createSsl(bytesOf(tls.ca), bytesOf(tls.key), bytesOf(tls.cert));
}

function bytesOf(pem: string | undefined): Buffer | null {
  return pem === undefined ? null : Buffer.from(pem);
}
