/** Certificates as a person reads them: the verdict first, then what it is made of. */
import type { AuditWire } from "@tidemark/api";
import { count, figure, moment } from "./amounts.ts";
import { printable } from "./printable.ts";
import type { TextOptions } from "./search-text.ts";
import { table } from "./table.ts";

type Certificate = AuditWire["certificates"][number];

const colors = { clean: "green", undecided: "yellow", faulty: "red" } as const;

export function auditText(
  { certificates }: AuditWire,
  { paint, nowMs }: TextOptions,
): readonly string[] {
  if (certificates.length === 0) return ["no source was audited yet · tidemark audit does it"];
  return certificates.flatMap((certificate) => [
    `${certificate.source}: ${paint(colors[certificate.verdict], certificate.verdict)} · ${moment(certificate.endedAt, nowMs)}`,
    `  ${comparedText(certificate)}`,
    ...table(faultRows(certificate), { indent: "  " }),
    ...table(certificate.examples.map(exampleRow), { indent: "    " }),
    ...setAsideText(certificate),
    ...notes(certificate).map((note) => paint("yellow", `  ${printable(note)}`)),
    ...repairText(certificate),
  ]);
}

function comparedText(certificate: Certificate): string {
  const { isListed, listed, logged, manifests, points, sampled } = certificate;
  return [
    isListed ? `${figure(listed)} listed` : "not listed",
    `${figure(logged)} in the log`,
    `${count(manifests, "manifest")} and ${count(points, "point")} stored`,
    `${count(sampled, "vector")} made again`,
  ].join(", ");
}

function faultRows({ faults }: Certificate): readonly (readonly string[])[] {
  return Object.entries(faults)
    .filter(([, documents]) => documents > 0)
    .map(([fault, documents]) => [fault, count(documents, "document")]);
}

function exampleRow({ detail, documentId, fault }: Certificate["examples"][number]): string[] {
  return [documentId, fault, detail].map(printable);
}

/** Not found as they are now, and no fault of the index. */
function setAsideText({ setAside }: Certificate): readonly string[] {
  const { documents, examples } = setAside;
  if (documents === 0) return [];
  return [
    `  ${count(documents, "document")} set aside: ${documents === 1 ? "its" : "their"} newest content could not be read, or not all of it embedded`,
    ...table(
      examples.map(({ documentId, message, reason }) =>
        [documentId, reason, message].map(printable),
      ),
      { indent: "    " },
    ),
  ];
}

function notes({ undecided, why }: Certificate): readonly string[] {
  return [
    ...(why === null ? [] : [why]),
    ...(undecided === 0 ? [] : [`${count(undecided, "document")} could not be decided in time`]),
  ];
}

function repairText({ repair }: Certificate): readonly string[] {
  if (!repair) return [];
  const { documents, dryRun, left, refused, replayed, restated, swept } = repair;
  const done = dryRun ? "would be mended" : "asked to be mended";
  return [
    `  ${count(documents, "document")} ${done}: ${figure(restated)} by their source, ` +
      `${figure(replayed)} from the log, ${figure(swept)} rid of leftover points`,
    ...(left === 0 ? [] : [`  ${count(left, "document")} left: the log has an older revision`]),
    ...(refused === null ? [] : [`  not mended: ${printable(refused)}`]),
  ];
}
