// Holds what the evaluator of this crate answers against another implementation of IAM, line by line:
//
//   npm install --no-save @cloud-copilot/iam-simulate@0.1.173
//   cargo run -p saas-prover --example decisions -- SEED COUNT | node differential/compare.mjs
import { createInterface } from "node:readline";
import { runSimulation } from "@cloud-copilot/iam-simulate";

let [same, allowed, other] = [0, 0, 0];
for await (const line of createInterface({ input: process.stdin })) {
  const decision = JSON.parse(line);
  const { principal, action, resource, context } = decision.request;
  const answer = await runSimulation({
    request: { principal, action, resource: { resource, accountId: "123456789012" }, contextVariables: context },
    identityPolicies: [{ name: "identity", policy: decision.identity }],
    serviceControlPolicies: [],
    resourceControlPolicies: [],
    resourcePolicy: decision.bucket ?? undefined,
  }, {});
  const theirs = answer.overallResult === "Allowed";
  if (answer.resultType === "error") throw new Error(`${JSON.stringify(answer)}\n${line}`);
  if (theirs === decision.allowed) {
    same += 1;
    allowed += theirs ? 1 : 0;
  } else {
    other += 1;
    console.log(`they say ${answer.overallResult}: ${line}`);
  }
}
console.log(`${same} answers are the same (${allowed} allow), ${other} differ`);
process.exit(other === 0 && same > 0 ? 0 : 1);
