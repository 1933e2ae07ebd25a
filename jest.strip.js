// Jest runs the sources as they are: types are stripped, positions stay true.
import { stripTypeScriptTypes } from "node:module";

export default { process: (source) => ({ code: stripTypeScriptTypes(source) }) };
