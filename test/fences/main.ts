/**
 * `npm run fences`: takes each fence out of a copy of the working tree and asserts that exactly the
 * test that is named for it fails. Arguments choose the fences whose test or file has one of them.
 */
import { join } from "node:path";
import { removeFence, type Fence } from "./fence.ts";
import { fences } from "./fences.ts";
import { gatherPromiseTests, runPromiseTests } from "./promise-tests.ts";
import { TreeCopy } from "./tree-copy.ts";

const root = join(import.meta.dirname, "../..");
const chosen = process.argv.slice(2);
const say = (line: string) => process.stdout.write(`${line}\n`);

function isChosen({ file, test }: Fence): boolean {
  return chosen.length === 0 || chosen.some((part) => file.includes(part) || test.includes(part));
}

/** What is wrong with a fence, line by line; nothing when exactly its test failed. */
function faultsOf(fence: Fence, failed: readonly string[]): string[] {
  const others = failed.filter((test) => test !== fence.test);
  const holds = failed.includes(fence.test);
  return [
    ...(holds ? [] : [`passed without its fence: ${fence.test}`]),
    ...others.map((test) => `failed as well: ${test}`),
  ];
}

function run(): number {
  using tree = new TreeCopy(root);
  gatherPromiseTests(tree.root);
  const whole = runPromiseTests(tree.root);
  for (const test of whole.failed) say(`failed with every fence in place: ${test}`);
  if (whole.failed.length > 0) return 1;
  say(`${whole.passed.length} promise tests pass with every fence in place\n`);
  let wrong = 0;
  for (const fence of fences.filter(isChosen)) {
    const source = tree.read(fence.file);
    tree.write(fence.file, removeFence(source, fence));
    const { failed } = runPromiseTests(tree.root);
    tree.write(fence.file, source);
    const faults = faultsOf(fence, failed);
    if (faults.length > 0) wrong += 1;
    say(`${faults.length === 0 ? "✓" : "✗"} ${fence.promise}  ${fence.does}`);
    say(`     without it in ${fence.file} fails: ${fence.test}`);
    for (const fault of faults) say(`     ${fault}`);
  }
  const count = fences.filter(isChosen).length;
  say(`\n${count - wrong} of ${count} fences: exactly the named test fails without each`);
  return wrong === 0 ? 0 : 1;
}

process.exitCode = run();
