/** Opens the one connection of a thread; the writer's brings the file forward first. */
import { Connection, type ConnectionOptions } from "./connection.ts";
import { migrate } from "./migrate.ts";
import { migrations } from "./schema.ts";

export function openConnection(options: ConnectionOptions): Connection {
  const connection = new Connection(options);
  try {
    if (options.role === "writer") migrate(connection, migrations);
    return connection;
  } catch (error) {
    connection[Symbol.dispose]();
    throw error;
  }
}
