/** Whether a Docker daemon answers and has an image, or can pull it. */
import { setTimeout as sleep } from "node:timers/promises";
import { getContainerRuntimeClient, ImageName } from "testcontainers";

const pullWithinMs = 180_000;

/** Null when containers of the image can be started, else why they cannot. */
export async function absenceOfImage(image: string): Promise<string | null> {
  try {
    const client = await getContainerRuntimeClient();
    const name = ImageName.fromString(image);
    if (await client.image.exists(name)) return null;
    const pulled = await Promise.race([
      client.image.pull(name).then(() => true),
      sleep(pullWithinMs, false, { ref: false }),
    ]);
    return pulled ? null : `${image} was not pulled in time`;
  } catch (error) {
    const isDocker = error instanceof Error && !error.message.includes("container runtime");
    return isDocker ? `Docker does not pull ${image}` : "no Docker daemon answers";
  }
}
