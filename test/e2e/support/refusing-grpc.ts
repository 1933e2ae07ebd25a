/** A gRPC endpoint that refuses whatever it is asked, at an address that another had. */
import { once } from "node:events";
import { createServer, type ServerHttp2Session } from "node:http2";

/** As gRPC numbers it. */
const unavailable = 14;

export async function refuseGrpcAt(address: string): Promise<AsyncDisposable> {
  const sessions = new Set<ServerHttp2Session>();
  const server = createServer();
  server.on("session", (session) => {
    sessions.add(session);
    session.on("close", () => sessions.delete(session));
    session.on("error", () => session.destroy());
  });
  server.on("stream", (stream) => {
    stream.on("error", () => stream.destroy());
    const trailers = { "grpc-status": String(unavailable), "grpc-message": "the model is gone" };
    stream.respond(
      { ":status": 200, "content-type": "application/grpc", ...trailers },
      { endStream: true },
    );
  });
  const { hostname, port } = new URL(`http://${address}`);
  server.listen(Number(port), hostname);
  await once(server, "listening");
  return {
    async [Symbol.asyncDispose]() {
      for (const session of sessions) session.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
