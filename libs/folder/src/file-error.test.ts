import { faultOf } from "./file-error.ts";

const systemError = (code: string) => Object.assign(new Error(code), { code, syscall: "open" });

test.each([
  ["ENOENT", "absent"],
  ["ENOTDIR", "absent"],
  ["ENAMETOOLONG", "absent"],
  ["EACCES", "blocked"],
  ["EPERM", "blocked"],
  ["EIO", "blocked"],
  ["ELOOP", "blocked"],
  ["ESTALE", "blocked"],
  ["EMFILE", "transient"],
  ["ENOMEM", "transient"],
])("%s means %s", (code, kind) => {
  expect(faultOf(systemError(code)).kind).toBe(kind);
});

test("an error that is not the operating system's is a bug", () => {
  const bug = new TypeError("x is undefined");

  expect(() => faultOf(bug)).toThrow(bug);
});
