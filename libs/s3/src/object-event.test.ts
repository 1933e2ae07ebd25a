import { expectationOf, expectationOfDetail } from "./object-event.ts";

test.each([
  ["ObjectCreated:Put", "present"],
  ["s3:ObjectCreated:CompleteMultipartUpload", "present"],
  ["ObjectRemoved:Delete", "absent"],
  ["s3:ObjectRemoved:DeleteMarkerCreated", "absent"],
  ["LifecycleExpiration:DeleteMarkerCreated", "absent"],
  ["ObjectTagging:Delete", "policy"],
  ["ObjectRestore:Completed", "present"],
  ["LifecycleTransition", "present"],
  ["ReducedRedundancyLostObject", "unknown"],
  ["ObjectAcl:Put", null],
  ["Replication:OperationMissedThreshold", null],
])("%s lets one expect: %s", (name, expected) => {
  expect(expectationOf(name)).toBe(expected);
});

test.each([
  ["Object Created", "present"],
  ["Object Deleted", "absent"],
  ["Object Tags Deleted", "policy"],
  ["Object Restore Expired", "present"],
  ["Object ACL Updated", null],
  ["Object Something New", "unknown"],
])("EventBridge's %s lets one expect: %s", (detailType, expected) => {
  expect(expectationOfDetail(detailType)).toBe(expected);
});
