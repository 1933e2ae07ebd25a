/** A service of a .proto file → what grpc-js serves and calls. */
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import type { DescMessage, DescMethod, DescService, MessageShape } from "@bufbuild/protobuf";
import { logVerbosity, setLogVerbosity } from "@grpc/grpc-js";
import type { MethodDefinition } from "@grpc/grpc-js";

// What goes wrong is thrown; the library would also print it.
setLogVerbosity(logVerbosity.NONE);

type MethodDefinitionOf<Method> = Method extends {
  readonly input: infer Input extends DescMessage;
  readonly output: infer Output extends DescMessage;
}
  ? MethodDefinition<MessageShape<Input>, MessageShape<Output>>
  : never;

export type GrpcService<Service extends DescService> = {
  readonly [Name in keyof Service["method"]]: MethodDefinitionOf<Service["method"][Name]>;
};

export function grpcService<Service extends DescService>(service: Service): GrpcService<Service> {
  const methods = Object.entries<DescMethod>(service.method).map(
    ([name, method]) => [name, methodOf(service, method)] as const,
  );
  return Object.fromEntries(methods) as GrpcService<Service>;
}

function methodOf(
  { typeName }: DescService,
  { name, methodKind, input, output }: DescMethod,
): MethodDefinition<MessageShape<DescMessage>, MessageShape<DescMessage>> {
  return {
    path: `/${typeName}/${name}`,
    requestStream: methodKind === "client_streaming" || methodKind === "bidi_streaming",
    responseStream: methodKind === "server_streaming" || methodKind === "bidi_streaming",
    ...serializer("request", input),
    ...serializer("response", output),
  };
}

function serializer<Side extends "request" | "response">(side: Side, schema: DescMessage) {
  return {
    [`${side}Serialize`]: (message: MessageShape<DescMessage>) => {
      const { buffer, byteOffset, byteLength } = toBinary(schema, message);
      return Buffer.from(buffer, byteOffset, byteLength);
    },
    [`${side}Deserialize`]: (bytes: Buffer) => fromBinary(schema, bytes),
  } as {
    readonly [Key in `${Side}Serialize`]: (message: MessageShape<DescMessage>) => Buffer;
  } & {
    readonly [Key in `${Side}Deserialize`]: (bytes: Buffer) => MessageShape<DescMessage>;
  };
}
