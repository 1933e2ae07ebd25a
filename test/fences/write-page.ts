/** Writes `docs/promises.md` from the table of fences. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisesPage } from "./promises-page.ts";

writeFileSync(join(import.meta.dirname, "../../docs/promises.md"), promisesPage());
