import { beganAnew } from "@tidemark/pipeline";
import { noticeFindings } from "./notice-findings.ts";

test.each(Object.values(beganAnew))(
  "%s: the doctor names it, with who noticed and when",
  (message) => {
    const findings = noticeFindings([
      { message, atMs: 0, times: 2, service: "upserter" },
      { message, atMs: Date.UTC(2026, 0, 1), times: 1, service: "chunker" },
    ]);

    expect(findings).toEqual([
      {
        check: "noticed by chunker, upserter",
        verdict: "warn",
        detail: `${message} (3 times, last at 2026-01-01T00:00:00.000Z)`,
        fix: expect.stringContaining("find out"),
      },
    ]);
  },
);

test("where nothing began anew there is nothing to say", () => {
  expect(noticeFindings([])).toEqual([]);
});
