import { OverloadedError, PoisonError, RequestError, TransientError } from "@tidemark/pipeline";
import { faultOf } from "./problem.ts";
import { aServer } from "./test-server.ts";
import type { Logger } from "@tidemark/runtime";

test.each([
  [new RequestError(409, "no-plan", "nothing to apply"), 409, "no-plan", null],
  [new OverloadedError("full", { retryAfterMs: 1500 }), 429, "overloaded", 2],
  [new OverloadedError("full"), 429, "overloaded", 1],
  [new TransientError("disk full", { retryAfterMs: 5000 }), 503, "unavailable", 5],
  [new PoisonError("chunk-limit", "too many chunks"), 422, "chunk-limit", null],
])("%s is answered by its kind", (error, status, code, retryAfterSeconds) => {
  expect(faultOf(error)).toMatchObject({ status, code, retryAfterSeconds, isBug: false });
});

test("a bug is logged and tells the caller nothing but the request id", async () => {
  const logged: object[] = [];
  const { app, operations } = aServer({ logger: aLogger(logged) });
  operations.failing = new Error("secret path /data/x");

  const answer = await app.inject({
    method: "DELETE",
    url: "/v1/sources/app/documents/a",
    headers: { "x-request-id": "r-9" },
  });

  expect(answer.json()).toMatchObject({ status: 500, code: "internal", requestId: "r-9" });
  expect(answer.body).not.toContain("secret path");
  expect(logged).toEqual([{ error: operations.failing, requestId: "r-9" }]);
});

test("an overloaded process says when to try again", async () => {
  const { app, operations } = aServer();
  operations.failing = new OverloadedError("the queue is full", { retryAfterMs: 3000 });

  const answer = await app.inject({ method: "DELETE", url: "/v1/sources/app/documents/a" });

  expect(answer.statusCode).toBe(429);
  expect(answer.headers["retry-after"]).toBe("3");
});

function aLogger(logged: object[]): Logger {
  const nothing = () => {};
  return { debug: nothing, info: nothing, warn: nothing, error: (fields) => logged.push(fields) };
}
