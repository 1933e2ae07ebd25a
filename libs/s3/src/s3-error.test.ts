import { TransientError } from "@tidemark/pipeline";
import { listingFailure, refusalOf } from "./s3-error.ts";

interface Answer {
  readonly name?: string;
  readonly status?: number;
  readonly attempts?: number;
  readonly code?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

function anError({ attempts, code, headers, name = "Error", status }: Answer): Error {
  return Object.assign(new Error("said so"), {
    name,
    ...(code === undefined ? {} : { code }),
    ...(status === undefined ? {} : { $metadata: { httpStatusCode: status } }),
    ...(attempts === undefined ? {} : { $metadata: { attempts } }),
    ...(headers === undefined ? {} : { $response: { statusCode: status, headers } }),
  });
}

const marked = { "x-amz-delete-marker": "true" };

test.each<[string, Answer, unknown]>([
  ["no such key", { name: "NoSuchKey", status: 404 }, { kind: "absent", isMarked: false }],
  [
    "a delete marker",
    { name: "NoSuchKey", status: 404, headers: marked },
    { kind: "absent", isMarked: true },
  ],
  [
    "the tags of a delete marker",
    { name: "MethodNotAllowed", status: 405, headers: marked },
    { kind: "absent", isMarked: true },
  ],
  ["no such version", { name: "NoSuchVersion", status: 404 }, { kind: "changed" }],
  ["a failed condition", { name: "PreconditionFailed", status: 412 }, { kind: "changed" }],
  ["a failed condition without a name", { name: "412", status: 412 }, { kind: "changed" }],
  ["a frozen object", { name: "InvalidObjectState", status: 403 }, { kind: "archived" }],
  ["no access", { name: "AccessDenied", status: 403 }, { kind: "blocked", reason: "AccessDenied" }],
  ["no access, of HEAD", { name: "403", status: 403 }, { kind: "blocked", reason: "AccessDenied" }],
  [
    "a key that was disabled",
    { name: "KMS.DisabledException", status: 400 },
    { kind: "blocked", reason: "KMS.DisabledException" },
  ],
])("%s is told from others", (_name, answer, refusal) => {
  expect(refusalOf(anError(answer))).toEqual(refusal);
});

test.each<[string, Answer]>([
  ["no such bucket", { name: "NoSuchBucket", status: 404 }],
  ["a 404 that is not S3's", { name: "UnknownError", status: 404 }],
  ["credentials that expired", { name: "ExpiredToken", status: 403 }],
  ["a wrong clock", { name: "RequestTimeTooSkewed", status: 403 }],
  ["too many requests", { name: "SlowDown", status: 503 }],
  ["an internal error", { name: "InternalError", status: 500 }],
  ["a page of a proxy", { name: "SyntaxError", status: 502 }],
  ["no connection", { code: "ECONNREFUSED" }],
  ["no credentials", { name: "CredentialsProviderError" }],
  ["silence", { name: "TimeoutError" }],
  ["a failure that the client wrapped", { attempts: 3 }],
])("%s says nothing of the object: it is asked for later", (_name, answer) => {
  expect(() => refusalOf(anError(answer))).toThrow(TransientError);
});

test("a bug stays one", () => {
  const bug = new TypeError("x is not a function");

  expect(() => refusalOf(bug)).toThrow(bug);
  expect(() => listingFailure(bug)).toThrow(bug);
});

test("a listing that is refused says why, and is waited for as long as it is asked to be", () => {
  const denied = listingFailure(anError({ name: "AccessDenied", status: 403 }));
  const busy = listingFailure(
    anError({ name: "SlowDown", status: 503, headers: { "retry-after": "2" } }),
  );

  expect(denied.message).toBe("the bucket cannot be listed: AccessDenied");
  expect(busy.retryAfterMs).toBe(2_000);
});
