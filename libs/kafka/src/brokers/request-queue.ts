/**
 * The client library sets a timer of a negative time whenever an answer arrives and nothing waits
 * to be sent, at which Node prints a warning. With nothing to send there is nothing to check: the
 * timer is set again by whoever has something to send.
 */
import RequestQueue from "kafkajs/src/network/requestQueue/index.js";

const { prototype } = RequestQueue;
const { scheduleCheckPendingRequests: schedule } = prototype;

prototype.scheduleCheckPendingRequests = function scheduleIfPending() {
  if (this.pending.length > 0) schedule.call(this);
};
