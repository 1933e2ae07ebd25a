import type { z } from "zod";
import { path } from "../fields.ts";
import { section } from "../structure.ts";

/** Of whoever connects. */
export const clientTlsSchema = section({
  ca: path({ about: "Certificates that are trusted", example: "/etc/tidemark/ca.pem" }).optional(),
  cert: path({ about: "This side's certificate", example: "/etc/tidemark/cert.pem" }).optional(),
  key: path({ about: "Its key", example: "/etc/tidemark/key.pem" }).optional(),
});

/** Of whoever is connected to. */
export const serverTlsSchema = section({
  cert: path({ about: "This side's certificate", example: "/etc/tidemark/cert.pem" }),
  key: path({ about: "Its key", example: "/etc/tidemark/key.pem" }),
  ca: path({
    about: "Callers must show a certificate that one of these signed",
    example: "/etc/tidemark/ca.pem",
  }).optional(),
});

export type ClientTlsConfig = z.output<typeof clientTlsSchema>;
export type ServerTlsConfig = z.output<typeof serverTlsSchema>;
