import { Metadata, status as codes } from "@grpc/grpc-js";
import type { ServiceError } from "@grpc/grpc-js";
import { OverloadedError, PoisonError, TransientError } from "@tidemark/pipeline";
import { errorOf, failureOf, RefusedRequest, statusOf } from "./failure.ts";

const target = "dns:///embedder:7400";

/** An error as it is thrown there → as it is thrown here. */
function carried(error: unknown): TransientError | PoisonError {
  return errorOf(serviceError(statusOf(failureOf(error))), target);
}

function serviceError(status: Partial<ServiceError>): ServiceError {
  const whole = { code: codes.UNKNOWN, details: "", metadata: new Metadata(), ...status };
  return Object.assign(new Error(whole.details), whole);
}

test("an overload comes across, with the wait that was asked for or a short one", () => {
  const told = carried(new OverloadedError("full: live", { retryAfterMs: 1234 }));
  const untold = carried(new OverloadedError("full: live"));

  expect(told).toBeInstanceOf(OverloadedError);
  expect(told).toMatchObject({ retryAfterMs: 1234 });
  expect(told.message).toContain("full: live");
  expect(untold).toMatchObject({ retryAfterMs: 200 });
});

test("what is transient there is transient here, and a long wait is left to the caller", () => {
  const budget = new TransientError("today's budget is spent", { retryAfterMs: 3_600_000 });

  expect(carried(new TransientError("closing"))).not.toBeInstanceOf(OverloadedError);
  expect(carried(new TransientError("closing"))).toBeInstanceOf(TransientError);
  expect(carried(budget)).toMatchObject({ retryAfterMs: 3_600_000 });
  expect(statusOf(failureOf(budget)).metadata.get("grpc-retry-pushback-ms")).toEqual(["-1"]);
});

test.each(["bad-vector", "embedding-refused", "size-limit"] as const)(
  "poison comes across with its reason: %s",
  (reason) => {
    const poison = carried(new PoisonError(reason, "this text"));

    expect(poison).toBeInstanceOf(PoisonError);
    expect(poison).toMatchObject({ reason });
  },
);

test("a reason that is not an embedder's is told as a refusal", () => {
  expect(carried(new PoisonError("unsupported-type", "?"))).toMatchObject({
    reason: "embedding-refused",
  });
});

test("a request that is wrong as such is poison, and a model that is gone may come back", () => {
  const { INVALID_ARGUMENT, NOT_FOUND } = codes;

  expect(carried(new RefusedRequest(INVALID_ARGUMENT, "no lane"))).toBeInstanceOf(PoisonError);
  expect(carried(new RefusedRequest(NOT_FOUND, "no model"))).toBeInstanceOf(TransientError);
});

test("a bug there is no bug here, and nothing of it is told", () => {
  const bug = carried(new TypeError("secret detail"));

  expect(bug).toBeInstanceOf(TransientError);
  expect(bug.message).not.toContain("secret");
});

test.each([
  [codes.UNAVAILABLE],
  [codes.DEADLINE_EXCEEDED],
  [codes.CANCELLED],
  [codes.UNKNOWN],
  [codes.INTERNAL],
  [codes.UNAUTHENTICATED],
])("status %s may pass, and says who was asked", (code) => {
  const error = errorOf(serviceError({ code, details: "why" }), target);

  expect(error).toBeInstanceOf(TransientError);
  expect(error).not.toBeInstanceOf(OverloadedError);
  expect(error.message).toBe(`the embedder at ${target}: why (${codes[code]})`);
});

test("a message that is too large for either side is poison: halved, it may pass", () => {
  const details = "Received message larger than max (17000000 vs 16777216)";

  expect(errorOf(serviceError({ code: codes.RESOURCE_EXHAUSTED, details }), target)).toMatchObject({
    name: "PoisonError",
    reason: "size-limit",
  });
});

test("half a surrogate pair in a message does not break the answer", () => {
  const { details } = statusOf(failureOf(new TransientError("text \ud83d")));

  expect(() => encodeURI(details ?? "")).not.toThrow();
});
