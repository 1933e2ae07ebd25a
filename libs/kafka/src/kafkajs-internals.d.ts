/** What is used of the client library's inside, in exactly the version that is depended on. */
declare module "kafkajs/src/network/requestQueue/index.js" {
  interface RequestQueue {
    readonly pending: readonly unknown[];
    scheduleCheckPendingRequests: (this: RequestQueue) => void;
  }
  const constructor: { readonly prototype: RequestQueue };
  export default constructor;
}
