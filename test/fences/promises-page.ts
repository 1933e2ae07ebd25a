/** The page `docs/promises.md`, from the table of fences. */
import { fences } from "./fences.ts";

const promises = [
  {
    name: "No lost change",
    says: `A change that the source committed is searchable in the end, whatever crashed, was redelivered or
was lost on the way. Lost notifications are found by the scan.`,
  },
  {
    name: "No stale overwrite, no resurrection",
    says: `A lower revision never replaces a higher one; a deleted document stays deleted until the source
creates it again. The fence is in the index, and not in who is a member of which group.`,
  },
  {
    name: "No half document",
    says: `A search sees one revision of a document, complete, or the next one, complete; never a mixture,
never an orphan chunk, never nothing while a revision is live.`,
  },
  {
    name: "A restriction is immediate",
    says: `A delete or a narrowed permission takes effect without waiting for any embedding, and no late
event widens it again. Permissions are known or unknown, and unknown is unreadable.`,
  },
  {
    name: "One space per query",
    says: `A query is embedded by what made the points it is compared with, or it is refused.`,
  },
  {
    name: "Work is proportional to change",
    says: `Only text that changed is embedded; a change of metadata or permissions embeds nothing; an
unchanged document costs one comparison.`,
  },
  {
    name: "Freshness is measured where the user stands",
    says: `From the source's change to "found by search"; a change that is late burns the error budget when it
becomes late, not when it at last arrives.`,
  },
  {
    name: "Nothing is silent",
    says: `Every skip, drop, dead letter and repair is counted with its reason. What cannot be known is said to
be unknown.`,
  },
] as const;

const opening = `# The promises and their fences

A fence is a piece of code that carries a promise. \`npm run fences\` takes each away from a copy of
the working tree, by the patch in \`test/fences\`, and runs the tests in \`test/promises\`: exactly the
test named beside it must fail, and no other. So none of these pieces can go unnoticed, and no test
leans on a fence that is not its own.

This page is written from that table by \`node test/fences/write-page.ts\`, and a test compares the two.
`;

export function promisesPage(): string {
  const sections = promises.map(({ name, says }, at) => {
    const number = at + 1;
    const items = fences
      .filter(({ promise }) => promise === number)
      .map(({ does, file, test }) => `- **${does}**\n  \`${file}\`\n  Without it fails: ${test}\n`);
    return `## ${number}. ${name}\n\n${says}\n\n${items.join("")}`;
  });
  return [opening, ...sections].join("\n");
}
